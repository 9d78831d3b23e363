import Foundation
import FoundationXML

/// What an XML parser finds in a page or a drawing.
final class Document: NSObject, XMLParserDelegate {
  private(set) var names: [String] = []
  private(set) var attributes: [(name: String, value: String)] = []
  private(set) var texts: [Text] = []
  /// Nil if it is well-formed.
  private(set) var problem: String?

  /// A text of a drawing that is not turned.
  struct Text: Equatable {
    var content = ""
    var x: Double
    var size: Double
    var anchor: String
  }

  private var isInText = false

  init?(_ text: String) {
    super.init()
    let parser = XMLParser(data: Data(text.utf8))
    parser.delegate = self
    if !parser.parse() {
      problem = "line \(parser.lineNumber): \(parser.parserError.map { "\($0)" } ?? "not well-formed")"
    }
  }

  func count(_ name: String) -> Int { names.count { $0 == name } }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes found: [String: String]
  ) {
    names.append(name)
    attributes += found.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    isInText = name == "text" && found["transform"] == nil
    if isInText {
      texts.append(
        Text(
          x: Double(found["x"] ?? "") ?? -1, size: Double(found["font-size"] ?? "") ?? -1,
          anchor: found["text-anchor"] ?? ""))
    }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    if isInText { texts[texts.count - 1].content += string }
  }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?)
  {
    isInText = false
  }
}
