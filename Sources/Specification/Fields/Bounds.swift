/// The range of numbers that a key accepts; always finite.
struct Bounds: Sendable {
  var lower: Double?
  var includesLower = true
  var upper: Double?
  var includesUpper = true

  static let any = Bounds()
  static let positive = Bounds(lower: 0, includesLower: false)
  static let nonNegative = Bounds(lower: 0)
  static func from(_ lower: Double, to upper: Double) -> Bounds { Bounds(lower: lower, upper: upper) }
  /// Between 0 and 1, both excluded.
  static let share = Bounds(lower: 0, includesLower: false, upper: 1, includesUpper: false)
  /// From 0 to below 1.
  static let belowOne = Bounds(lower: 0, upper: 1, includesUpper: false)

  func contains(_ value: Double) -> Bool {
    if let lower, includesLower ? value < lower : value <= lower { return false }
    if let upper, includesUpper ? value > upper : value >= upper { return false }
    return value.isFinite
  }

  var expectation: String {
    switch (lower.map(plain), upper.map(plain)) {
    case (nil, nil): "a number"
    case (let lower?, nil): "a number \(includesLower ? "of at least" : "above") \(lower)"
    case (nil, let upper?): "a number \(includesUpper ? "of at most" : "below") \(upper)"
    case (let lower?, let upper?):
      "a number \(includesLower ? "from" : "above") \(lower) \(includesLower ? "to" : "and")"
        + "\(includesUpper ? (includesLower ? "" : " at most") : " below") \(upper)"
    }
  }

  var schema: [(String, JSON)] {
    var members: [(String, JSON)] = [("type", .string("number"))]
    if let lower { members.append((includesLower ? "minimum" : "exclusiveMinimum", .number(lower))) }
    if let upper { members.append((includesUpper ? "maximum" : "exclusiveMaximum", .number(upper))) }
    return members
  }
}

/// A number in short form: 1 rather than 1.0.
func plain(_ value: Double) -> String {
  let text = "\(value)"
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}
