/// Statistics of several values: mean, sample standard deviation (n - 1; 0 for a single value), and
/// 95 % confidence interval of the mean.
public struct Statistic: Equatable, Sendable {
  public var mean: Double
  public var std: Double
  public var n: Int
  /// Nil for fewer than three values: two values can be shown themselves, and Student's t would be
  /// 12.7.
  public var ci95: ConfidenceInterval?

  /// Minimum number of values for an interval.
  static let leastForInterval = 3

  /// - Parameter bounds: range of possible values, to which the interval is clipped.
  /// - Returns: nil without values.
  public init?(_ values: [Double], within bounds: ClosedRange<Double>? = nil) {
    guard !values.isEmpty else { return nil }
    n = values.count
    mean = values.reduce(0, +) / Double(values.count)
    std = 0
    guard n > 1 else { return }
    // The mean of equal values may differ by rounding, which must not look like spread.
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

  /// The statistics of the negated values.
  var negated: Statistic {
    var statistic = self
    statistic.mean = 0 - mean
    statistic.ci95 = ci95.map { ConfidenceInterval(low: 0 - $0.high, high: 0 - $0.low) }
    return statistic
  }
}

extension Statistic: Codable {
  private enum CodingKeys: CodingKey { case mean, std, n, ci95 }

  /// Reports of earlier versions have intervals for two values, which are ignored.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    mean = try values.decode(Double.self, forKey: .mean)
    std = try values.decode(Double.self, forKey: .std)
    n = try values.decode(Int.self, forKey: .n)
    let interval = try values.decodeIfPresent(ConfidenceInterval.self, forKey: .ci95)
    ci95 = n >= Self.leastForInterval ? interval : nil
  }

  /// `ci95` is null instead of missing if there is no interval.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(mean, forKey: .mean)
    try values.encode(std, forKey: .std)
    try values.encode(n, forKey: .n)
    try values.encode(ci95, forKey: .ci95)
  }
}
