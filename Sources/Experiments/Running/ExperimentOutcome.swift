import Reports
import Specification

/// How an experiment of a suite ended.
public struct ExperimentOutcome: Sendable {
  public let spec: ExperimentSpec
  public let result: Result<Report, RunError>
  /// Trainings of which this process did at least an epoch, those of experiments before it left
  /// out, and all that the experiment uses.
  public let trained: Int
  public let trainings: Int

  /// One of the report's expectations is missed.
  public var isMissed: Bool {
    (try? result.get())?.summary.expectations.contains { !$0.met } ?? false
  }

  public var failure: RunError? {
    if case .failure(let error) = result { error } else { nil }
  }
}
