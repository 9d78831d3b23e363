/// One experiment, fully resolved: what a file says after `extends`, `--set` and defaults.
public struct ExperimentSpec: Equatable, Sendable {
  public var name: String
  public var description: String
  public var seeds: [UInt64]
  public var dataset: DatasetSpec
  public var architecture: ArchitectureSpec
  public var train: TrainSpec
  /// Nil when the experiment trains a baseline only.
  public var prune: PruneSpec?
  public var evaluate: EvaluateSpec
  public var export: ExportSpec
  public var expectations: [ExpectationSpec]
}

public struct DatasetSpec: Equatable, Sendable {
  public var name: String
  /// Folder of the files, environment variables expanded, relative to the working directory; nil for embedded data.
  public var path: String?
  public var trainLimit: Int?
  public var testLimit: Int?
  public var augment: AugmentSpec
  public var normalize: NormalizeSpec
}

public struct AugmentSpec: Equatable, Sendable {
  /// Zero padding, in pixels, of the random crop; nil for no crop.
  public var randomCropPadding: Int?
  public var horizontalFlip: Bool
}

/// Per input channel, in units of pixel values scaled to [0, 1].
public struct NormalizeSpec: Equatable, Sendable {
  public var mean: [Double]
  public var std: [Double]
}

public struct ArchitectureSpec: Equatable, Sendable {
  /// As written: `resnet56`, `vgg16`, or `resnet` with a depth.
  public var name: String
  public var depth: Int
  public var block: BlockKind
  public var width: Double
  /// Channels, rows, columns.
  public var input: [Int]
  public var classes: Int
  /// A safetensors file to start from.
  public var weights: String?

  public enum BlockKind: String, Equatable, Sendable { case basic, bottleneck, plain }
}

public struct TrainSpec: Equatable, Sendable {
  public var epochs: Int
  public var batchSize: Int
  public var optimizer: OptimizerSpec
  public var schedule: ScheduleSpec
  public var labelSmoothing: Double
}

public struct OptimizerSpec: Equatable, Sendable {
  public var name: String
  public var learningRate: Double
  public var momentum: Double
  public var nesterov: Bool
  public var weightDecay: Double
}

public struct ScheduleSpec: Equatable, Sendable {
  public var kind: Kind
  /// Epochs of linear warm-up before (and shifting nothing of) the schedule.
  public var warmupEpochs: Int

  public enum Kind: Equatable, Sendable {
    case constant
    case step(milestones: [Int], gamma: Double)
    case cosine(minimum: Double)
    /// Rises to the learning rate over `rise` of all epochs, then falls to learning rate / `finalDivisor`.
    case oneCycle(rise: Double, initialDivisor: Double, finalDivisor: Double)
  }
}

public struct PruneSpec: Equatable, Sendable {
  public var criterion: String
  public var target: Target
  /// Epochs between pruning steps.
  public var interval: Int
  /// No pruning step after this epoch.
  public var until: Int
  /// Images that scores are computed on; nil for the whole training set.
  public var samples: Int?
  public var minimumChannels: Int
  public var roundTo: Int
  /// Options of the criterion, by name.
  public var options: [String: Double]

  public enum Target: Equatable, Sendable {
    case ratio(Double)
    case channelsPerStep(Int)
    case parameterRatio(Double)
    case flopsRatio(Double)
  }

  /// Epochs after which a pruning step happens, 1-based: interval, 2 * interval, ... up to `until`.
  public func steps(epochs: Int) -> [Int] {
    Array(stride(from: interval, through: min(until, epochs), by: interval))
  }
}

public struct EvaluateSpec: Equatable, Sendable {
  /// Epochs between evaluations on the test set; the last epoch is always evaluated.
  public var every: Int
  public var metrics: [String]
  /// Batch sizes at which inference latency is measured; empty for none.
  public var latencyBatchSizes: [Int]
}

public struct ExportSpec: Equatable, Sendable {
  public var formats: [String]
}

/// A published number and what counts as having reproduced it.
public struct ExpectationSpec: Equatable, Sendable {
  public var metric: String
  public var paper: Double?
  public var limit: Limit

  public enum Limit: Equatable, Sendable {
    case atMost(Double)
    case atLeast(Double)
  }
}
