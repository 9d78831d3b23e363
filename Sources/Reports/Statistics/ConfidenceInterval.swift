/// The 95 % confidence interval of a mean; `[low, high]` in JSON.
public struct ConfidenceInterval: Equatable, Sendable {
  public var low: Double
  public var high: Double

  public init(low: Double, high: Double) {
    self.low = low
    self.high = high
  }

  /// mean ± t * standard error, with Student's t for the degrees of freedom.
  init(mean: Double, standardError: Double, degreesOfFreedom: Double) {
    let half = standardError == 0 ? 0 : studentT(0.975, degreesOfFreedom: degreesOfFreedom) * standardError
    self.init(low: mean - half, high: mean + half)
  }

  /// The part of the interval that lies within `bounds`.
  func clamped(to bounds: ClosedRange<Double>) -> ConfidenceInterval {
    func clamped(_ value: Double) -> Double { min(max(value, bounds.lowerBound), bounds.upperBound) }
    return ConfidenceInterval(low: clamped(low), high: clamped(high))
  }

  /// Interval of the difference of two means, candidate minus base, with independent seeds: Welch's
  /// (Biometrika 34, 1947), which allows different spreads. Nil if one of them has too few values
  /// for an interval.
  init?(differenceOf candidate: Statistic, and base: Statistic) {
    guard min(candidate.n, base.n) >= Statistic.leastForInterval else { return nil }
    let first = candidate.std * candidate.std / Double(candidate.n)
    let second = base.std * base.std / Double(base.n)
    let total = first + second
    let freedom =
      total * total / (first * first / Double(candidate.n - 1) + second * second / Double(base.n - 1))
    self.init(
      mean: candidate.mean - base.mean, standardError: total.squareRoot(),
      degreesOfFreedom: freedom.isFinite ? freedom : 1)
  }
}

extension ConfidenceInterval: Codable {
  public init(from decoder: any Decoder) throws {
    var values = try decoder.unkeyedContainer()
    low = try values.decode(Double.self)
    high = try values.decode(Double.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.unkeyedContainer()
    try values.encode(low)
    try values.encode(high)
  }
}
