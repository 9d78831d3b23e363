/// Events of a run for its observers.
public enum ProgressEvent: Equatable, Sendable {
  case runStarted(TrainingName, epochs: Int, finished: Int, suite: SuiteProgress? = nil)
  case step(StepProgress)
  case epochEnded(
    EpochReport, epochs: Int, seconds: Double, imagesPerSecond: Double, suite: SuiteProgress? = nil)
  case pruned(PruningProgress)
  case message(String)
  /// Shown in every mode.
  case warning(String, of: TrainingName? = nil)
  /// Its report, if there is one, is at the path; else there is a problem.
  case experimentEnded(experiment: String, report: String?, problem: String? = nil)
}

/// Which training of a run an event is about.
public struct TrainingName: Equatable, Sendable, CustomStringConvertible {
  public var experiment: String
  public var variant: String
  public var seed: UInt64

  public init(experiment: String, variant: String, seed: UInt64) {
    self.experiment = experiment
    self.variant = variant
    self.seed = seed
  }

  /// `digits, pruned, seed 0`
  public var description: String { "\(experiment), \(variant), seed \(seed)" }
}

/// Position of a training among all trainings of a run.
public struct SuiteProgress: Equatable, Sendable {
  /// Its number in starting order, from 1.
  public var training: Int
  public var trainings: Int
  /// Seconds until all are done; nil if unknown.
  public var secondsToGo: Double?

  public init(training: Int, trainings: Int, secondsToGo: Double?) {
    self.training = training
    self.trainings = trainings
    self.secondsToGo = secondsToGo
  }

  /// `training 2 of 8, 12 min to go for all`; empty if there is nothing to show.
  var text: String {
    let position = trainings > 1 ? ["training \(training) of \(trainings)"] : []
    return (position + [timeToGo].compactMap(\.self)).joined(separator: ", ")
  }

  /// `12 min to go for all`; nil if unknown, or if nothing is left.
  var timeToGo: String? {
    guard let secondsToGo, secondsToGo > 0 else { return nil }
    return duration(secondsToGo) + " to go" + (trainings > 1 ? " for all" : "")
  }
}

/// Progress of an epoch.
public struct StepProgress: Equatable, Sendable {
  public var epoch: Int
  public var epochs: Int
  public var step: Int
  public var steps: Int
  /// Mean of the epoch so far.
  public var loss: Double
  public var accuracy: Double
  public var channels: Int
  public var macs: Int
  public var imagesPerSecond: Double
  /// Seconds until the end of the training.
  public var secondsToGo: Double
  public var suite: SuiteProgress?

  public init(
    epoch: Int, epochs: Int, step: Int, steps: Int, loss: Double, accuracy: Double, channels: Int, macs: Int,
    imagesPerSecond: Double, secondsToGo: Double, suite: SuiteProgress? = nil
  ) {
    self.epoch = epoch
    self.epochs = epochs
    self.step = step
    self.steps = steps
    self.loss = loss
    self.accuracy = accuracy
    self.channels = channels
    self.macs = macs
    self.imagesPerSecond = imagesPerSecond
    self.secondsToGo = secondsToGo
    self.suite = suite
  }
}

/// What a pruning step removed.
public struct PruningProgress: Equatable, Sendable {
  public var epoch: Int
  /// Layers that lost channels, in forward order, and the number of removed channels.
  public var removed: [Removal]
  public var before: Size
  public var after: Size

  public struct Removal: Equatable, Sendable {
    public var layer: String
    public var channels: Int

    public init(layer: String, channels: Int) {
      self.layer = layer
      self.channels = channels
    }
  }

  public struct Size: Equatable, Sendable {
    public var channels: Int
    public var parameters: Int
    public var macs: Int

    public init(channels: Int, parameters: Int, macs: Int) {
      self.channels = channels
      self.parameters = parameters
      self.macs = macs
    }
  }

  public init(epoch: Int, removed: [Removal], before: Size, after: Size) {
    self.epoch = epoch
    self.removed = removed
    self.before = before
    self.after = after
  }
}
