/// How the network is trained.
public struct TrainSpec: Equatable, Sendable {
  public var epochs: Int
  /// Images per step.
  public var batchSize: Int
  public var optimizer: OptimizerSpec
  public var schedule: ScheduleSpec
  /// Share of the target probability that is distributed over all classes, in [0, 1).
  public var labelSmoothing: Double
  /// Shards of every batch, each with separate batch statistics.
  public var shards: Int
  /// Of activations and their gradients.
  public var precision: ActivationPrecision

  public init(
    epochs: Int, batchSize: Int = 128, optimizer: OptimizerSpec = OptimizerSpec(),
    schedule: ScheduleSpec = ScheduleSpec(), labelSmoothing: Double = 0, shards: Int = 1,
    precision: ActivationPrecision = .float32
  ) {
    self.epochs = epochs
    self.batchSize = batchSize
    self.optimizer = optimizer
    self.schedule = schedule
    self.labelSmoothing = labelSmoothing
    self.shards = shards
    self.precision = precision
  }
}

/// Stochastic gradient descent and its hyperparameters.
public struct OptimizerSpec: Equatable, Sendable {
  public var name: String
  /// Learning rate before the schedule.
  public var learningRate: Double
  public var momentum: Double
  /// Whether to use Nesterov momentum; needs a momentum above 0.
  public var nesterov: Bool
  /// Factor of the weights that is added to their gradient.
  public var weightDecay: Double

  public init(
    name: String = "sgd", learningRate: Double = 0.1, momentum: Double = 0.9, nesterov: Bool = false,
    weightDecay: Double = 5e-4
  ) {
    self.name = name
    self.learningRate = learningRate
    self.momentum = momentum
    self.nesterov = nesterov
    self.weightDecay = weightDecay
  }
}
