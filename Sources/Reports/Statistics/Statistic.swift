/// What several seeds gave: mean, sample standard deviation (n - 1; 0 for a single value), and the interval that holds
/// the mean of all seeds with 95 % confidence.
public struct Statistic: Equatable, Sendable {
  public var mean: Double
  public var std: Double
  public var n: Int
  /// Nil for a single value, which says nothing of the spread.
  public var ci95: ConfidenceInterval?

  /// Nil of no values.
  public init?(_ values: [Double]) {
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
    ci95 = ConfidenceInterval(
      mean: mean, standardError: std / Double(n).squareRoot(), degreesOfFreedom: Double(n - 1))
  }
}

extension Statistic: Codable {
  private enum CodingKeys: CodingKey { case mean, std, n, ci95 }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    mean = try values.decode(Double.self, forKey: .mean)
    std = try values.decode(Double.self, forKey: .std)
    n = try values.decode(Int.self, forKey: .n)
    ci95 = try values.decodeIfPresent(ConfidenceInterval.self, forKey: .ci95)
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
