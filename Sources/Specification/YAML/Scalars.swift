/// How plain scalars are read as numbers and booleans.
///
/// YAML 1.1 has octal, hexadecimal, binary and base-60 numbers and `_` between digits, and reads
/// `010` as 8; none of these are accepted, so that a number always means what it looks like.
extension Node.Scalar {
  /// Digits without a leading zero, with an optional sign.
  var isWholeNumber: Bool {
    guard isPlain else { return false }
    return Self.digits(text.utf8.dropFirst(signLength))
  }

  /// `1`, `0.5`, `.5`, `5.`, `5e-4`, `-1.0E+3`.
  var isNumber: Bool { normalized != nil }

  /// The value of a number, correctly rounded; nil when it is not a number or not finite.
  var number: Double? {
    guard let value = normalized.flatMap({ Double($0) }) else { return nil }
    return value.isFinite ? value : nil
  }

  /// A number with at least one digit on both sides of its point, as `Double` requires.
  private var normalized: String? {
    guard isPlain else { return nil }
    let unsigned = text.utf8.dropFirst(signLength)
    let mantissa = unsigned.prefix { $0 | 32 != UInt8(ascii: "e") }
    var exponent = unsigned.dropFirst(mantissa.count)
    if !exponent.isEmpty {
      exponent = exponent.dropFirst()
      if exponent.first == UInt8(ascii: "+") || exponent.first == UInt8(ascii: "-") {
        exponent = exponent.dropFirst()
      }
      guard !exponent.isEmpty, exponent.allSatisfy(Self.isDigit) else { return nil }
    }
    let whole = mantissa.prefix { $0 != UInt8(ascii: ".") }
    let fraction = mantissa.dropFirst(whole.count + 1)
    guard !whole.isEmpty || !fraction.isEmpty, whole.isEmpty || Self.digits(whole),
      fraction.allSatisfy(Self.isDigit)
    else { return nil }
    let sign = text.hasPrefix("-") ? "-" : ""
    let power = unsigned.dropFirst(mantissa.count)
    return
      "\(sign)\(whole.isEmpty ? "0" : "\(Substring(whole))").\(fraction.isEmpty ? "0" : "\(Substring(fraction))")"
      + String(Substring(power))
  }

  /// `true`, `yes`, `on` and their opposites, in small, capital or capitalised letters.
  var boolean: Bool? {
    guard isPlain else { return nil }
    let lower = text.lowercased()
    guard
      text == lower || text == text.uppercased() || text == lower.prefix(1).uppercased() + lower.dropFirst()
    else { return nil }
    switch lower {
    case "true", "yes", "on": return true
    case "false", "no", "off": return false
    default: return nil
    }
  }

  private var signLength: Int { text.hasPrefix("-") || text.hasPrefix("+") ? 1 : 0 }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func digits(_ bytes: some Collection<UInt8>) -> Bool {
    guard let first = bytes.first, bytes.allSatisfy(isDigit) else { return false }
    return first != UInt8(ascii: "0") || bytes.count == 1
  }
}
