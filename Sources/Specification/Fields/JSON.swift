/// A tree of plain values, for schemas, resolved experiments, and their copies in reports.
public indirect enum JSON: Equatable, Sendable {
  case null
  case boolean(Bool)
  case integer(Int)
  case unsigned(UInt64)
  case number(Double)
  case string(String)
  case list([JSON])
  /// In the order of writing.
  case object([(String, JSON)])

  public static func == (left: JSON, right: JSON) -> Bool { left.text() == right.text() }

  /// JSON text, indented by two spaces per level; lists of scalars stay on one line.
  public func text(indent: String = "") -> String {
    switch self {
    case .list(let items):
      if items.isEmpty { return "[]" }
      if items.allSatisfy(\.isScalar) { return "[" + items.map { $0.text() }.joined(separator: ", ") + "]" }
      let inner = indent + "  "
      return "[\n" + items.map { inner + $0.text(indent: inner) }.joined(separator: ",\n") + "\n\(indent)]"
    case .object(let members):
      if members.isEmpty { return "{}" }
      let inner = indent + "  "
      let lines = members.map { "\(inner)\(doubleQuoted($0)): \($1.text(indent: inner))" }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
    default: return scalarText
    }
  }

  /// The value of an object's key; nil if there is none, or if this is not an object.
  public subscript(key: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.0 == key }?.1
  }

  var isScalar: Bool {
    switch self {
    case .list, .object: false
    default: true
    }
  }

  /// The text of a scalar in JSON, which is also its text in YAML; numbers in the shortest form
  /// that reads back exactly.
  var scalarText: String {
    switch self {
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .unsigned(let value): "\(value)"
    // YAML 1.1 readers read a number with an exponent but without a point as text.
    case .number(let value): "\(value)".contains(".") ? "\(value)" : "\(value)".replacing("e", with: ".0e")
    case .string(let text): doubleQuoted(text)
    default: "null"
    }
  }
}

/// `text` as a string of JSON and as a double-quoted scalar of YAML.
func doubleQuoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\t": result += "\\t"
    case " "..."~": result.unicodeScalars.append(scalar)
    // Characters that YAML does not allow unescaped: controls, line and paragraph separators, byte
    // order marks.
    case "\0"..."\u{9F}", "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{FFFE}", "\u{FFFF}":
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
