import Reports
import Specification

/// How an experiment of a suite ended.
public struct ExperimentOutcome: Sendable {
  public let spec: ExperimentSpec
  public let result: Result<Report, RunError>
  /// Number of trainings of which this process did at least one epoch, without those done for
  /// earlier experiments; and number of all trainings that the experiment uses.
  public let trained: Int
  public let trainings: Int

  /// Whether any expectation of the report is missed.
  public var isMissed: Bool {
    (try? result.get())?.summary.expectations.contains { !$0.met } ?? false
  }

  public var failure: RunError? {
    if case .failure(let error) = result { error } else { nil }
  }
}
