import Specification

/// The report of an experiment: the contents of `report.json`.
///
/// Accuracies and drops are in percent and percentage points; reductions are shares in [0, 1]; MACs
/// are of one image. Everything except `timing` and `environment` depends only on the experiment,
/// not on when, where and how fast it ran.
public struct Report: Codable, Equatable, Sendable {
  /// Version of the format.
  public var format = Self.currentFormat
  public var experiment: String
  public var description: String
  public var status: Status
  /// Why a later run, with these or other settings, has not replaced this report; nil for a
  /// complete one.
  public var problem: String?
  /// The resolved experiment, as in `experiment.yaml`; nil in older reports.
  public var spec: JSON?
  public var summary: Summary
  public var runs: [RunReport]
  public var timing: Timing
  public var environment: EnvironmentReport
  /// Read from `deployment.json` next to the report; not part of report.json.
  public var deployment: DeploymentReport?
  /// The file that the report was read from, nil for a new one; not part of report.json.
  public var file: String?

  // Without `deployment` and `file`.
  private enum CodingKeys: CodingKey {
    case format, experiment, description, status, problem, spec, summary, runs, timing, environment
  }

  static let currentFormat = 1

  public enum Status: String, Codable, CaseIterable, Sendable { case complete, failed, interrupted }

  public init(
    experiment: String, description: String, status: Status, spec: JSON? = nil, runs: [RunReport],
    expectations: [ExpectationSpec], timing: Timing, environment: EnvironmentReport
  ) {
    self.experiment = experiment
    self.description = description
    self.status = status
    self.spec = spec?.canonical
    self.summary = Summary(runs, expectations: expectations)
    self.runs = runs
    self.timing = timing
    self.environment = environment
  }

  /// Top-1 accuracies of a variant, in the order of the seeds.
  func accuracies(_ variant: String) -> [Double] { sorted(variant).map(\.top1) }

  /// Baseline top-1 minus pruned top-1, in the order of the seeds.
  var accuracyDrops: [Double] {
    let baselines = sorted("baseline")
    return sorted("pruned").compactMap { run in
      baselines.first { $0.seed == run.seed }.map { $0.top1 - run.top1 }
    }
  }

  private func sorted(_ variant: String) -> [RunReport] {
    runs.filter { $0.variant == variant }.sorted { $0.seed < $1.seed }
  }
}

/// One training: a seed of a variant.
public struct RunReport: Codable, Equatable, Sendable {
  public var seed: UInt64
  /// `baseline` or `pruned`.
  public var variant: String
  /// On the test set, after the last epoch.
  public var top1: Double
  public var top5: Double?
  /// Nil if it is not finite or was not measured.
  public var testLoss: Double?
  public var parameters: Int
  public var macs: Int
  /// MACs of the ONNX file, which may have more channels; nil if none was written.
  public var onnxMacs: Int?
  /// Damaged pictures that were left out; nil if a damaged picture ends the run.
  public var leftOut: LeftOutPictures?
  /// Prunable channels that remain.
  public var channels: Int
  public var layers: [LayerReport]
  public var pruningSteps: [PruningStepReport]
  public var history: [EpochReport]

  public init(
    seed: UInt64, variant: String, top1: Double, top5: Double?, testLoss: Double?, parameters: Int, macs: Int,
    onnxMacs: Int? = nil, leftOut: LeftOutPictures? = nil, channels: Int, layers: [LayerReport],
    pruningSteps: [PruningStepReport],
    history: [EpochReport]
  ) {
    self.seed = seed
    self.variant = variant
    self.top1 = top1
    self.top5 = top5
    self.testLoss = testLoss
    self.parameters = parameters
    self.macs = macs
    self.onnxMacs = onnxMacs
    self.leftOut = leftOut
    self.channels = channels
    self.layers = layers
    self.pruningSteps = pruningSteps
    self.history = history
  }
}

/// A convolution with its batch norm, or a linear layer, before and after pruning.
public struct LayerReport: Codable, Equatable, Sendable {
  public var name: String
  public var kind: String
  public var channelsBefore: Int
  public var channels: Int
  public var parametersBefore: Int
  public var parameters: Int
  public var macsBefore: Int
  public var macs: Int

  public init(
    name: String, kind: String, channelsBefore: Int, channels: Int, parametersBefore: Int, parameters: Int,
    macsBefore: Int, macs: Int
  ) {
    self.name = name
    self.kind = kind
    self.channelsBefore = channelsBefore
    self.channels = channels
    self.parametersBefore = parametersBefore
    self.parameters = parameters
    self.macsBefore = macsBefore
    self.macs = macs
  }
}

/// The channels that one pruning step removed, and the sizes after it.
public struct PruningStepReport: Codable, Equatable, Sendable {
  /// The epoch that the step followed; 1-based.
  public var epoch: Int
  /// Indices of the removed channels in the original network, by layer.
  public var removed: [String: [Int]]
  public var channels: Int
  public var parameters: Int
  public var macs: Int

  public init(epoch: Int, removed: [String: [Int]], channels: Int, parameters: Int, macs: Int) {
    self.epoch = epoch
    self.removed = removed
    self.channels = channels
    self.parameters = parameters
    self.macs = macs
  }
}

/// One epoch of a training; sizes are those after its pruning step if it had one.
public struct EpochReport: Codable, Equatable, Sendable {
  /// 1-based.
  public var epoch: Int
  /// Number of training images; nil in older reports.
  public var images: Int?
  /// At the first step of the epoch.
  public var learningRate: Double
  @FiniteOrNull public var trainLoss: Double
  public var trainTop1: Double
  public var testLoss: Double?
  public var testTop1: Double?
  public var testTop5: Double?
  public var channels: Int
  public var parameters: Int
  public var macs: Int

  public init(
    epoch: Int, learningRate: Double, trainLoss: Double, trainTop1: Double, testLoss: Double?,
    testTop1: Double?, testTop5: Double?, channels: Int, parameters: Int, macs: Int, images: Int? = nil
  ) {
    self.epoch = epoch
    self.images = images
    self.learningRate = learningRate
    self.trainLoss = trainLoss
    self.trainTop1 = trainTop1
    self.testLoss = testLoss
    self.testTop1 = testTop1
    self.testTop5 = testTop5
    self.channels = channels
    self.parameters = parameters
    self.macs = macs
  }
}

/// Times, kept apart from the rest of the report because they are not reproducible.
public struct Timing: Codable, Equatable, Sendable {
  public var runs: [Run]

  public struct Run: Codable, Equatable, Sendable {
    public var seed: UInt64
    public var variant: String
    public var epochs: [Epoch]
    /// Number of first epochs that this run shares with another, before any pruning; they were
    /// trained once, and their times are those of that training. Nil if none.
    public var sharedEpochs: Int?
    /// Where and when the run's epochs were trained, in order; nil in older reports.
    public var sessions: [Session]?
    /// Inference times of the final network, one per batch size in the experiment.
    public var latency: [Latency]

    public init(
      seed: UInt64, variant: String, epochs: [Epoch], sharedEpochs: Int? = nil, sessions: [Session]? = nil,
      latency: [Latency] = []
    ) {
      self.seed = seed
      self.variant = variant
      self.epochs = epochs
      self.sharedEpochs = sharedEpochs
      self.sessions = sessions
      self.latency = latency
    }

    /// Milliseconds of inference; nil if this batch size was not measured.
    func milliseconds(batchSize: Int) -> Double? {
      latency.first { $0.batchSize == batchSize }?.milliseconds
    }
  }

  /// Consecutive epochs trained in one place.
  public struct Session: Codable, Equatable, Sendable {
    /// The first epoch, possibly begun in an earlier session; 1-based.
    public var fromEpoch: Int
    /// The environment; its date is the start of the session.
    public var environment: EnvironmentReport

    public init(fromEpoch: Int, environment: EnvironmentReport) {
      self.fromEpoch = fromEpoch
      self.environment = environment
    }
  }

  /// Median wall time of inference on one batch.
  public struct Latency: Codable, Equatable, Sendable {
    public var batchSize: Int
    public var milliseconds: Double

    public init(batchSize: Int, milliseconds: Double) {
      self.batchSize = batchSize
      self.milliseconds = milliseconds
    }
  }

  /// Time of one epoch, in seconds.
  public struct Epoch: Codable, Equatable, Sendable {
    public var epoch: Int
    /// Wall times of the epoch's training steps, of evaluation, and of scoring and removing
    /// channels.
    public var trainSeconds: Double
    public var evaluationSeconds: Double
    public var pruningSeconds: Double
    /// CPU times of the same, over all threads; nil if trainings ran in parallel in one process,
    /// and in older reports.
    public var trainCPUSeconds: Double?
    public var evaluationCPUSeconds: Double?
    public var pruningCPUSeconds: Double?
    /// Training images per second, including data preparation.
    public var imagesPerSecond: Double
    /// Energy of the CPU packages during training; nil if their counters cannot be read.
    public var trainJoules: Double?

    // `imagesPerS` is `images_per_s` in the file.
    private enum CodingKeys: String, CodingKey {
      case epoch, trainSeconds, evaluationSeconds, pruningSeconds, trainJoules
      case trainCPUSeconds = "trainCpuSeconds"
      case evaluationCPUSeconds = "evaluationCpuSeconds"
      case pruningCPUSeconds = "pruningCpuSeconds"
      case imagesPerSecond = "imagesPerS"
    }

    public init(
      epoch: Int, trainSeconds: Double, evaluationSeconds: Double, pruningSeconds: Double,
      trainCPUSeconds: Double? = nil, evaluationCPUSeconds: Double? = nil, pruningCPUSeconds: Double? = nil,
      imagesPerSecond: Double, trainJoules: Double? = nil
    ) {
      self.epoch = epoch
      self.trainSeconds = trainSeconds
      self.evaluationSeconds = evaluationSeconds
      self.pruningSeconds = pruningSeconds
      self.trainCPUSeconds = trainCPUSeconds
      self.evaluationCPUSeconds = evaluationCPUSeconds
      self.pruningCPUSeconds = pruningCPUSeconds
      self.imagesPerSecond = imagesPerSecond
      self.trainJoules = trainJoules
    }
  }

  public init(runs: [Run]) {
    self.runs = runs
  }

  /// Milliseconds of inference by seed.
  func times(_ variant: String, batchSize: Int) -> [UInt64: Double] {
    runs.filter { $0.variant == variant }.reduce(into: [:]) { times, run in
      times[run.seed] = run.milliseconds(batchSize: batchSize)
    }
  }
}
