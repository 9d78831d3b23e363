/// A published number, and the limit within which it counts as reproduced.
public struct ExpectationSpec: Equatable, Sendable {
  /// The raw value of a ``Metric``.
  public var metric: String
  /// The published number, for the report only.
  public var paper: Double?
  public var limit: Limit

  /// Inclusive.
  public enum Limit: Equatable, Sendable {
    case atMost(Double)
    case atLeast(Double)
  }

  /// The metrics of a report that may have an expectation.
  public enum Metric: String, CaseIterable, Sendable {
    /// Baseline minus pruned accuracy, percentage points.
    case accuracyDrop = "accuracy_drop"
    /// Parameters before / after.
    case compression
    /// Share of the multiply-accumulates that is removed.
    case flopsReduction = "flops_reduction"
    /// Share of the parameters that is removed.
    case parameterReduction = "parameter_reduction"
    /// Share of the prunable channels that is removed.
    case channelReduction = "channel_reduction"
    /// Accuracy in percent.
    case top1
    /// Share of the images with the true class among the five most likely, percent.
    case top5
    /// Accuracy of the baseline in percent: whether the recipe is the paper's.
    case baselineTop1 = "baseline_top1"
  }

  /// Creates the expectation of a metric.
  public init(metric: Metric, paper: Double? = nil, limit: Limit) {
    self.init(metric: metric.rawValue, paper: paper, limit: limit)
  }

  public init(metric: String, paper: Double? = nil, limit: Limit) {
    self.metric = metric
    self.paper = paper
    self.limit = limit
  }
}
