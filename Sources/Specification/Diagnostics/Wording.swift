/// `text` made safe to display: on one line, without characters that a terminal, a web page or a
/// table parser would interpret.
///
/// Line breaks, control characters, direction marks and other invisible characters become Swift
/// escapes. Works scalar by scalar, since a Swift `Character` may be a control followed by an
/// accent.
package func visible(_ text: String) -> String { escaped(text, where: \.isInvisible) }

private func escaped(_ text: String, where isEscaped: (Unicode.Scalar) -> Bool) -> String {
  guard text.unicodeScalars.contains(where: isEscaped) else { return text }
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\n": result.append(contentsOf: "\\n".unicodeScalars)
    case "\r": result.append(contentsOf: "\\r".unicodeScalars)
    case "\t": result.append(contentsOf: "\\t".unicodeScalars)
    case _ where isEscaped(scalar):
      result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
    default: result.append(scalar)
    }
  }
  return String(result)
}

extension Unicode.Scalar {
  /// Control and format characters, line and paragraph separators, and unassigned scalars.
  fileprivate var isInvisible: Bool {
    if isASCII { return value < 0x20 || value == 0x7F }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned: return true
    default: return false
    }
  }

  /// A space other than U+0020, such as a no-break space.
  fileprivate var isUnusualSpace: Bool { self != " " && properties.generalCategory == .spaceSeparator }
}

/// `text` in backticks, with invisible characters and unusual spaces escaped, shortened to fit a
/// message.
package func quoted(_ text: String, limit: Int = 60) -> String {
  let scalars = text.unicodeScalars
  let start = String(String.UnicodeScalarView(scalars.prefix(limit)))
  let shown = escaped(start) { $0.isInvisible || $0.isUnusualSpace }
  return "`\(shown)\(scalars.dropFirst(limit).isEmpty ? "" : "…")`"
}

/// "a", "a and b", "a, b and c".
package func listed(_ words: [String], _ conjunction: String = "and") -> String {
  guard let last = words.last, words.count > 1 else { return words.first ?? "" }
  return words.dropLast().joined(separator: ", ") + " \(conjunction) " + last
}
