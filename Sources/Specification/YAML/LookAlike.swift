/// A character that looks like YAML syntax but is plain text for YAML: text copied from word
/// processors and web pages contains such characters.
struct LookAlike: CustomStringConvertible {
  private let scalar: Unicode.Scalar
  private let name: String
  private let instead: String

  /// The first one in a text.
  init?(in text: String) {
    guard
      let found = text.unicodeScalars.lazy.compactMap({ scalar in Self.meaning(scalar).map { (scalar, $0) } })
        .first
    else { return nil }
    (scalar, (name, instead)) = found
  }

  private static func meaning(_ scalar: Unicode.Scalar) -> (name: String, instead: String)? {
    switch scalar {
    case "\u{A0}", "\u{202F}": ("a no-break space", "a plain one")
    case "\u{1680}", "\u{2000}"..."\u{200A}", "\u{205F}", "\u{3000}": ("an unusual space", "a plain one")
    case "\u{200B}"..."\u{200D}", "\u{2060}", "\u{FEFF}": ("an invisible character", "none")
    case "\u{FF1A}": ("a full-width colon", "`:`")
    default: nil
    }
  }

  /// For example "a no-break space (U+00A0; use a plain one)".
  var description: String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return "\(name) (U+\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits); use \(instead))"
  }
}
