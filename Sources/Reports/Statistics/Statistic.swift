/// Several values of one number: their mean, their sample standard deviation (n - 1; 0 for a single
/// value), and the interval that contains the mean of all seeds with 95 % confidence.
public struct Statistic: Equatable, Sendable {
  public var mean: Double
  public var std: Double
  public var n: Int
  /// Nil for fewer than three values: two show themselves what they spread over, and Student's t
  /// would be 12.7.
  public var ci95: ConfidenceInterval?

  /// Values that an interval takes at least.
  static let leastForInterval = 3

  /// - Parameter bounds: what the number can be at all, which the interval is cut to.
  /// - Returns: nil of no values.
  public init?(_ values: [Double], within bounds: ClosedRange<Double>? = nil) {
    guard !values.isEmpty else { return nil }
    n = values.count
    mean = values.reduce(0, +) / Double(values.count)
    std = 0
    guard n > 1 else { return }
    // Of equal values the mean may be off by a rounding, which must not look like spread.
    if let first = values.first, values.allSatisfy({ $0 == first }) {
      mean = first
    } else {
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      std = (squares / Double(n - 1)).squareRoot()
    }
    guard n >= Self.leastForInterval else { return }
    let interval = ConfidenceInterval(
      mean: mean, standardError: std / Double(n).squareRoot(), degreesOfFreedom: Double(n - 1))
    ci95 = bounds.map { interval.clamped(to: $0) } ?? interval
  }

  /// Of the values with their signs changed.
  var negated: Statistic {
    var statistic = self
    statistic.mean = 0 - mean
    statistic.ci95 = ci95.map { ConfidenceInterval(low: 0 - $0.high, high: 0 - $0.low) }
    return statistic
  }

  /// Both values where there are two, the lower one first.
  public var pair: (low: Double, high: Double)? {
    guard n == 2 else { return nil }
    let half = std / 2.0.squareRoot()
    return (mean - half, mean + half)
  }
}

extension Statistic: Codable {
  private enum CodingKeys: CodingKey { case mean, std, n, ci95 }

  /// Reports of earlier versions have an interval of two values; it is passed over.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    mean = try values.decode(Double.self, forKey: .mean)
    std = try values.decode(Double.self, forKey: .std)
    n = try values.decode(Int.self, forKey: .n)
    let interval = try values.decodeIfPresent(ConfidenceInterval.self, forKey: .ci95)
    ci95 = n >= Self.leastForInterval ? interval : nil
  }

  /// `ci95` is null, and not left out, where there is none.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(mean, forKey: .mean)
    try values.encode(std, forKey: .std)
    try values.encode(n, forKey: .n)
    try values.encode(ci95, forKey: .ci95)
  }
}
