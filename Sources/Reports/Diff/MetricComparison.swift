/// One number of one variant, or of the comparison of both, in two reports.
public struct MetricComparison: Encodable, Equatable, Sendable {
  public var metric: DiffMetric
  /// Nil for numbers that compare both variants.
  public var variant: String?
  /// How a latency was measured; nil for other numbers.
  public var setting: String?
  /// Over the seeds in both reports, or over all seeds if there are none; nil if the report has no
  /// such number.
  public var base: Statistic?
  public var candidate: Statistic?
  /// Candidate minus base; paired by seed if the reports have seeds in common.
  public var difference: Double?
  /// Interval of the difference, if both statistics are of at least three seeds.
  public var ci95: ConfidenceInterval?
  /// The rule behind the verdict.
  public var rule: String
  public var verdict: Verdict
  /// Which seeds, layers or steps differ.
  public var details: [String] = []

  public enum Verdict: String, Codable, CaseIterable, Sendable {
    /// Equal.
    case same
    /// Different within the tolerance.
    case tolerated
    case improved
    case regressed
    /// Present only in the candidate.
    case added
  }

  /// - Parameters:
  ///   - base: value by seed.
  ///   - tolerance: from the command line; nil for the default rule of the metric.
  init?(
    _ metric: DiffMetric, variant: String?, base: [UInt64: Double], candidate: [UInt64: Double],
    tolerance: Tolerance?
  ) {
    self.metric = metric
    self.variant = variant
    // Other seeds have other results, which say nothing about a change.
    let common = base.keys.filter { candidate[$0] != nil }.sorted()
    func statistic(_ values: [UInt64: Double]) -> Statistic? {
      Statistic((common.isEmpty ? values.keys.sorted() : common).compactMap { values[$0] })
    }
    self.base = statistic(base)
    self.candidate = statistic(candidate)
    rule = (tolerance ?? metric.defaultTolerance).text
    verdict = .same
    guard let before = self.base, let after = self.candidate else {
      guard self.base != nil || self.candidate != nil else { return nil }
      verdict = self.base == nil ? .added : tolerance == .any ? .tolerated : .regressed
      return
    }
    let paired = Statistic(
      common.compactMap { seed in base[seed].flatMap { a in candidate[seed].map { $0 - a } } })
    let change = paired?.mean ?? after.mean - before.mean
    difference = change
    ci95 = paired == nil ? ConfidenceInterval(differenceOf: after, and: before) : paired?.ci95
    if metric.kind == .count {
      compareCounts(base, candidate, common: common, change: change, tolerance)
    } else {
      compare(change: change, base: before.mean, tolerance)
    }
  }

  /// Sets the verdict by a tolerance or by the interval.
  private mutating func compare(change: Double, base: Double, _ tolerance: Tolerance?) {
    let gain = metric.higherIsBetter ? change : -change
    if gain == 0 {
      verdict = .same
    } else if metric.kind == .accuracy, tolerance == nil, let ci95 {
      rule = "95 % interval"
      let isCertain = ci95.low > 0 || ci95.high < 0
      let isFall = !exceeds(DiffMetric.accuracyFall.smallest, abs(gain)) && isCertain
      guard isFall || exceeds(abs(gain), DiffMetric.accuracyFall.largest) else {
        verdict = .tolerated
        return
      }
      if !isCertain { rule = "more than \(shortNumber(DiffMetric.accuracyFall.largest))" }
      verdict = gain < 0 ? .regressed : .improved
    } else {
      var allowed = (tolerance ?? metric.defaultTolerance).allowed(base)
      if metric == .trainSeconds, tolerance == nil { allowed = max(allowed, DiffMetric.timeNoise) }
      verdict = !exceeds(abs(gain), allowed) ? .tolerated : gain < 0 ? .regressed : .improved
    }
  }

  /// Sets the verdict seed by seed for seeds in both reports, or by the means if there are none.
  private mutating func compareCounts(
    _ base: [UInt64: Double], _ candidate: [UInt64: Double], common: [UInt64], change: Double,
    _ tolerance: Tolerance?
  ) {
    if common.isEmpty, let mean = self.base?.mean {
      let tolerance = tolerance ?? (metric.fewerIsBetter ? DiffMetric.otherSeedsTolerance : nil)
      rule = "\(tolerance?.text ?? "exact"), other seeds"
      let allowed = (tolerance ?? metric.defaultTolerance).allowed(mean)
      verdict = Self.verdict(change, allowed: allowed, fewerIsBetter: metric.fewerIsBetter)
      return
    }
    if tolerance == nil { rule = "exact" }
    for seed in common {
      guard let before = base[seed], let after = candidate[seed] else { continue }
      note("seed \(seed)", before, after, tolerance, fewerIsBetter: metric.fewerIsBetter)
    }
  }

  /// Compares one count, and describes a difference. The worst of several counts decides.
  mutating func note(
    _ what: String, _ before: Double, _ after: Double, _ tolerance: Tolerance?, fewerIsBetter: Bool
  ) {
    guard before != after else { return }
    details.append("\(what): \(shortNumber(before)) -> \(shortNumber(after))")
    let allowed = (tolerance ?? metric.defaultTolerance).allowed(before)
    let own = Self.verdict(after - before, allowed: allowed, fewerIsBetter: fewerIsBetter)
    let order: [Verdict] = [.same, .tolerated, .improved, .regressed]
    if (order.firstIndex(of: own) ?? 0) > (order.firstIndex(of: verdict) ?? 0) { verdict = own }
  }

  /// - Parameter fewerIsBetter: whether a decrease is an improvement; otherwise any change is a
  ///   regression.
  private static func verdict(_ change: Double, allowed: Double, fewerIsBetter: Bool) -> Verdict {
    guard change != 0 else { return .same }
    guard exceeds(abs(change), allowed) else { return .tolerated }
    return change < 0 && fewerIsBetter ? .improved : .regressed
  }
}
