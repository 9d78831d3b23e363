import Specification

/// A part of an HTML or SVG document.
///
/// Reports contain unchecked text, so everything is escaped, scalar by scalar, and the result is
/// well-formed by construction. (Template engines that escape `Character` by `Character` miss a
/// quote that is followed by a combining accent.)
indirect enum Markup: Equatable, Sendable {
  case text(String)
  case element(String, attributes: [Attribute], children: [Markup])

  struct Attribute: Equatable, Sendable {
    var name: String
    var value: String
  }

  /// The markup as text that both HTML and XML parsers read alike.
  func serialized() -> String {
    var output = ""
    write(to: &output)
    return output
  }

  private func write(to output: inout String) {
    switch self {
    case .text(let text):
      output += Self.escaped(text)
    case .element(let name, let attributes, let children):
      output += "<" + name
      for attribute in attributes {
        output += " \(attribute.name)=\"\(Self.escaped(attribute.value))\""
      }
      if children.isEmpty && Self.emptyElements.contains(name) {
        output += "/>"
      } else {
        output += ">"
        for child in children { child.write(to: &output) }
        output += "</\(name)>"
      }
      if Self.lines.contains(name) { output += "\n" }
    }
  }

  /// Elements that may be written as one tag in HTML.
  private static let emptyElements: Set = ["circle", "col", "line", "meta", "path", "rect"]

  /// Elements that end a line, for people who read the file and for `diff`.
  private static let lines: Set = [
    "circle", "div", "dl", "figure", "g", "h1", "h2", "h3", "head", "header", "line", "meta", "p", "path",
    "rect",
    "script", "section", "style", "summary", "svg", "table", "tbody", "thead", "title", "tr",
  ]

  /// Text escaped for HTML and XML; invisible characters except line breaks and tabs become
  /// visible.
  static func escaped(_ text: String) -> String {
    var output = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": output.append(contentsOf: "&amp;".unicodeScalars)
      case "<": output.append(contentsOf: "&lt;".unicodeScalars)
      case ">": output.append(contentsOf: "&gt;".unicodeScalars)
      case "\"": output.append(contentsOf: "&quot;".unicodeScalars)
      case "'": output.append(contentsOf: "&#39;".unicodeScalars)
      case "\n", "\t": output.append(scalar)
      default: output.append(contentsOf: visible(String(scalar)).unicodeScalars)
      }
    }
    return String(output)
  }

}

/// Collects children, so that code looks like the page that it builds.
@resultBuilder
enum MarkupBuilder {
  static func buildExpression(_ text: String) -> [Markup] { [.text(text)] }
  static func buildExpression(_ markup: Markup) -> [Markup] { [markup] }
  static func buildExpression(_ markup: [Markup]) -> [Markup] { markup }
  static func buildBlock(_ parts: [Markup]...) -> [Markup] { parts.flatMap(\.self) }
  static func buildOptional(_ part: [Markup]?) -> [Markup] { part ?? [] }
  static func buildEither(first part: [Markup]) -> [Markup] { part }
  static func buildEither(second part: [Markup]) -> [Markup] { part }
  static func buildArray(_ parts: [[Markup]]) -> [Markup] { parts.flatMap(\.self) }
}

/// `element("a", ["href": "#runs"]) { "Runs" }`
func element(
  _ name: String, _ attributes: KeyValuePairs<String, String> = [:],
  @MarkupBuilder _ children: () -> [Markup] = { [] }
) -> Markup {
  .element(
    name, attributes: attributes.map { Markup.Attribute(name: $0.key, value: $0.value) }, children: children()
  )
}
