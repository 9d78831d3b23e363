/// What is measured, and how often.
public struct EvaluateSpec: Equatable, Sendable {
  /// Epochs between evaluations on the test set; the last epoch is always evaluated.
  public var every: Int
  public var metrics: [String]
  /// Batch sizes at which inference latency is measured; empty for none.
  public var latencyBatchSizes: [Int]
  /// Of activations, in evaluations and measurements of latency.
  public var precision: ActivationPrecision

  public init(
    every: Int = 1, metrics: [String] = ["top1"], latencyBatchSizes: [Int] = [],
    precision: ActivationPrecision = .float32
  ) {
    self.every = every
    self.metrics = metrics
    self.latencyBatchSizes = latencyBatchSizes
    self.precision = precision
  }
}
