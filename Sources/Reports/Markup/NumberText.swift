import Foundation

/// `12.30`, `−0.50`, with the given number of decimals; `–` if the number is not finite.
///
/// Never localised, and no `-0.00`.
func decimal(_ value: Double, _ places: Int) -> String {
  guard value.isFinite else { return "–" }
  let text = String(format: "%.\(places)f", value)
  guard text.hasPrefix("-") else { return text }
  let digits = String(text.dropFirst())
  return digits.allSatisfy { $0 == "0" || $0 == "." } ? digits : "−" + digits
}

/// `51.5 %` for a share in [0, 1].
func percent(_ share: Double) -> String {
  decimal(100 * share, 1) + "\u{A0}%"
}

/// At most four significant digits, but all digits of whole numbers below ten million: `0.01`,
/// `2.162`, `12346`, `1.2e−08`.
func short(_ value: Double) -> String { short(value, digits: 4) }

/// The same with another number of significant digits, at least four.
func short(_ value: Double, digits: Int) -> String {
  guard value.isFinite else { return "–" }
  if (1000..<1e7).contains(abs(value)) { return decimal(value, digits - 4) }
  return String(format: "%.\(digits)g", value).replacing("-", with: "−")
}

/// A coordinate in a drawing: at most two decimals, and no `-0`.
func coordinate(_ value: Double) -> String {
  guard value.isFinite else { return "0" }
  let text = String(format: "%.2f", value)
  let trimmed = text.reversed().drop { $0 == "0" }.drop { $0 == "." }
  let result = String(trimmed.reversed())
  return result == "-0" || result.isEmpty ? "0" : result
}

/// The power of a thousand for a number: 40.8 million is 40.8 times `M`.
struct Prefix: Equatable {
  let symbol: String
  let factor: Double

  static let none = Prefix(for: 0)

  init(for value: Double) {
    let all = [("", 1), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12), ("P", 1e15), ("E", 1e18)]
    // Below ten thousand, all digits are just as short. A number that rounds to 1000.00 has the
    // next prefix.
    (symbol, factor) = all.last { abs(value) >= 0.999_995 * $0.1 && abs(value) >= 1e4 } ?? ("", 1)
  }
}

/// A count or a size, or the mean of several: `1.53 P`, `512`, `8.5`.
func quantity(_ value: Double) -> String {
  guard value.isFinite else { return "–" }
  let prefix = Prefix(for: value)
  return prefix.symbol.isEmpty
    ? meanCount(value) : decimal(value / prefix.factor, 2) + "\u{A0}" + prefix.symbol
}

/// A mean of counts with all digits, and with a decimal that is not zero.
func meanCount(_ mean: Double) -> String {
  let text = decimal(mean, 1)
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

/// A count in plain text: `31.02 M`, `512`.
package func magnitude(_ count: Int) -> String { quantity(Double(count)).replacing("\u{A0}", with: " ") }
