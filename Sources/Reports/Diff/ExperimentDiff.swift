/// One experiment in two reports.
public struct ExperimentDiff: Encodable, Equatable, Sendable {
  public var name: String
  /// What the experiment files differ in; nil where one of the reports does not say.
  public var spec: [SpecChange]?
  public var metrics: [MetricComparison]
  public var expectations: [ExpectationChange]
  /// What else there is to know, in sentences.
  public var notes: [String]
  /// What else is worse, in sentences.
  public var problems: [String]

  /// Things that are worse.
  public var regressions: Int {
    metrics.count { $0.verdict == .regressed } + expectations.count(where: \.isRegression) + problems.count
  }

  public struct ExpectationChange: Encodable, Equatable, Sendable {
    public var metric: String
    public var limit: String
    /// Nil where the report has no such expectation.
    public var base: Bool?
    public var candidate: Bool?
    public var measured: Double?

    var isRegression: Bool { base == true && candidate == false }
  }

  /// - Parameter timing: whether times are compared as well.
  init(_ base: Report, _ candidate: Report, tolerances: Tolerances, timing: Bool) {
    name = candidate.experiment
    spec = base.spec.flatMap { before in candidate.spec.map { SpecChange.between(before, $0) } }
    let comparison = ReportComparison(base: base, candidate: candidate, tolerances: tolerances)
    metrics = comparison.metrics + (timing ? comparison.times : [])
    expectations = Self.expectations(base, candidate)
    notes = comparison.notes
    if base.experiment != name { notes.insert("compared with the experiment \(base.experiment)", at: 0) }
    if spec == nil {
      notes.append("a report does not contain its experiment, so the experiments are not compared")
    }
    problems = comparison.problems
  }

  private static func expectations(_ base: Report, _ candidate: Report) -> [ExpectationChange] {
    let (before, after) = (base.summary.expectations, candidate.summary.expectations)
    return after.map { now in
      ExpectationChange(
        metric: now.metric, limit: now.limit, base: before.first { $0.metric == now.metric }?.met,
        candidate: now.met, measured: now.measured)
    }
      + before.filter { old in !after.contains { $0.metric == old.metric } }.map {
        ExpectationChange(
          metric: $0.metric, limit: $0.limit, base: $0.met, candidate: nil, measured: nil)
      }
  }
}
