/// One experiment in two reports.
public struct ExperimentDiff: Encodable, Equatable, Sendable {
  public var name: String
  /// Differences of the experiment files; nil if a report does not contain its experiment.
  public var spec: [SpecChange]?
  public var metrics: [MetricComparison]
  public var expectations: [ExpectationChange]
  /// Other differences, in sentences.
  public var notes: [String]
  /// Other regressions, in sentences.
  public var problems: [String]

  /// Number of regressions.
  public var regressions: Int {
    metrics.count { $0.verdict == .regressed } + expectations.count(where: \.isRegression) + problems.count
  }

  public struct ExpectationChange: Encodable, Equatable, Sendable {
    public var metric: String
    public var limit: String
    /// Nil if the report has no such expectation.
    public var base: Bool?
    public var candidate: Bool?
    public var measured: Double?

    var isRegression: Bool { base == true && candidate == false }
  }

  /// - Parameter timing: whether to compare times, too.
  init(_ base: Report, _ candidate: Report, tolerances: Tolerances, timing: Bool) {
    name = candidate.experiment
    spec = base.spec.flatMap { before in candidate.spec.map { SpecChange.between(before, $0) } }
    let comparison = ReportComparison(base: base, candidate: candidate, tolerances: tolerances)
    metrics = comparison.metrics + (timing ? comparison.times : [])
    expectations = Self.expectations(base, candidate)
    notes = comparison.notes
    if timing, let note = comparison.deploymentNote { notes.append(note) }
    if base.experiment != name { notes.insert("compared with the experiment \(base.experiment)", at: 0) }
    if spec == nil {
      notes.append("a report does not contain its experiment, so the experiments are not compared")
    }
    problems = comparison.problems
  }

  /// Matched by metric and limit: a metric may have several limits, and another limit is another
  /// expectation.
  private static func expectations(_ base: Report, _ candidate: Report) -> [ExpectationChange] {
    let (before, after) = (base.summary.expectations, candidate.summary.expectations)
    func isMet(_ expectation: ExpectationResult, in others: [ExpectationResult]) -> Bool? {
      others.first { $0.metric == expectation.metric && $0.limit == expectation.limit }?.met
    }
    return after.map { now in
      ExpectationChange(
        metric: now.metric, limit: now.limit, base: isMet(now, in: before), candidate: now.met,
        measured: now.measured)
    }
      + before.filter { isMet($0, in: after) == nil }.map {
        ExpectationChange(
          metric: $0.metric, limit: $0.limit, base: $0.met, candidate: nil, measured: nil)
      }
  }
}
