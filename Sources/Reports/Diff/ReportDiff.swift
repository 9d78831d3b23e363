/// Comparison of two reports, or of two folders of reports, by `espalier diff`.
public struct ReportDiff: Encodable, Equatable, Sendable {
  /// Version of the JSON format.
  public var format = 1
  /// Paths as given.
  public var base: String
  public var candidate: String
  /// Experiments in the candidate only.
  public var added: [String]
  /// Experiments in the base only; each is a regression.
  public var missing: [String]
  public var experiments: [ExperimentDiff]
  public var regressions: Int
  public var improvements: Int

  /// - Parameter timing: whether to compare times, too.
  public init(_ base: ReportSet, _ candidate: ReportSet, tolerances: Tolerances, timing: Bool) {
    self.base = base.path
    self.candidate = candidate.path
    // Two single reports are compared with each other, whatever their names.
    let isPair =
      base.reports.count == 1 && candidate.reports.count == 1 && base.isSingle && candidate.isSingle
    let pairs = candidate.reports.compactMap { new in
      (isPair ? base.reports.first : base.reports.first { $0.experiment == new.experiment }).map { ($0, new) }
    }
    added = candidate.reports.map(\.experiment).filter { name in !pairs.contains { $0.1.experiment == name } }
    missing = base.reports.map(\.experiment).filter { name in !pairs.contains { $0.0.experiment == name } }
    experiments = pairs.map { ExperimentDiff($0.0, $0.1, tolerances: tolerances, timing: timing) }
    regressions = missing.count + experiments.map(\.regressions).reduce(0, +)
    improvements = experiments.flatMap(\.metrics).count { $0.verdict == .improved }
  }

  public func json() -> String { jsonText(self, pretty: true) }

  /// `2 regressions, 1 improvement in 3 experiments`
  var headline: String {
    (regressions == 0 ? "no regression" : counted(regressions, "regression"))
      + (improvements == 0 ? "" : ", " + counted(improvements, "improvement"))
      + " in " + counted(experiments.count, "experiment")
  }
}
