import Foundation

/// Round numbers along an axis: multiples of 1, 2 or 5 times a power of ten.
struct Ticks: Equatable {
  let values: [Double]
  /// Exponent of the step's power of ten.
  private let exponent: Int

  /// At most `count` ticks (3 or more) that cover the range.
  init(covering range: ClosedRange<Double>, atMost count: Int, wholeNumbers: Bool = false) {
    let (low, high) = Self.drawable(range)
    var exponent = Int(log10((high - low) / Double(max(count, 3))).rounded(.down)) - 1
    if wholeNumbers { exponent = max(exponent, 0) }
    while true {
      for mantissa in [1.0, 2, 5] {
        let first = (Self.scaled(low, by: -exponent) / mantissa).rounded(.down)
        let last = (Self.scaled(high, by: -exponent) / mantissa).rounded(.up)
        guard last - first < Double(max(count, 3)) else { continue }
        values = (0...Int(last - first)).map { Self.scaled((first + Double($0)) * mantissa, by: exponent) }
        self.exponent = exponent
        return
      }
      exponent += 1
    }
  }

  /// The label of a tick, with as many decimals as the step has.
  func label(_ value: Double) -> String {
    let largest = values.map { abs($0) }.max() ?? 0
    if exponent < -5 || largest >= 1e7 {
      let digits = largest > 0 ? Int(log10(largest).rounded(.down)) - exponent : 0
      return String(format: "%.\(min(max(digits, 0), 9))e", value).replacing("-", with: "−")
    }
    return decimal(value, max(0, -exponent))
  }

  /// A range with two different ends, neither too close together nor too far apart for the
  /// precision of a double.
  private static func drawable(_ range: ClosedRange<Double>) -> (Double, Double) {
    let limit = 1e100
    let low = min(max(range.lowerBound, -limit), limit)
    let high = min(max(range.upperBound, -limit), limit)
    let least = max(max(abs(low), abs(high)) * 1e-9, 1e-100)
    return high - low >= least ? (low, high) : (low - least, high + least)
  }

  /// Exact where the power of ten and the product are: 3 by -1 is 0.3, which 3 * 0.1 isn't.
  private static func scaled(_ value: Double, by exponent: Int) -> Double {
    exponent < 0 ? value / pow(10, Double(-exponent)) : value * pow(10, Double(exponent))
  }
}
