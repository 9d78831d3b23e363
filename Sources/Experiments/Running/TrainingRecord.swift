import Network
import Reports
import Training

/// Record of a training so far: everything that reports need besides the network itself. It is
/// saved with checkpoints.
struct TrainingRecord: Codable, Equatable, Sendable {
  var epochs: [EpochRecord] = []
  var pruningSteps: [PruningRecord] = []
  /// The epoch in progress; nil between epochs.
  var current: PartialEpoch?
  /// Number of epochs at the beginning that were taken over from another training; nil if there are
  /// none.
  var sharedEpochs: Int?
  /// Where its epochs were trained; nil in old checkpoints, which do not record it.
  var sessions: [Timing.Session]?

  /// Notes where the next epochs are trained, unless it has not changed.
  mutating func begin(in environment: EnvironmentReport) {
    var last = sessions?.last?.environment
    last?.date = environment.date
    guard last != environment else { return }
    sessions = (sessions ?? []) + [Timing.Session(fromEpoch: epochs.count + 1, environment: environment)]
  }

  struct PartialEpoch: Codable, Equatable, Sendable {
    var progress = Trainer.Progress()
    /// Wall time of its steps so far.
    var seconds = 0.0
    /// Processor time and energy of its steps so far; nil if some were not measured.
    var cpuSeconds: Double? = 0
    var joules: Double? = 0

    var usage: Usage { Usage(seconds: seconds, cpuSeconds: cpuSeconds, joules: joules) }

    /// The partial epoch after more steps, which used `usage`.
    func advanced(to progress: Trainer.Progress, by usage: Usage) -> PartialEpoch {
      let sum = self.usage + usage
      return PartialEpoch(
        progress: progress, seconds: sum.seconds, cpuSeconds: sum.cpuSeconds, joules: sum.joules)
    }
  }

  struct EpochRecord: Codable, Equatable, Sendable {
    var epoch: Int
    var learningRate: Double
    var trainLoss: Double
    var trainTop1: Double
    var testLoss: Double?
    var testTop1: Double?
    var testTop5: Double?
    /// Prunable channels after the epoch, including its pruning step.
    var channels = 0
    var parameters = 0
    var macs = 0
    /// Wall time of forward, backward and update, of evaluation, and of a pruning step.
    var trainSeconds: Double
    var evaluationSeconds = 0.0
    var pruningSeconds = 0.0
    /// Processor time of the same; nil if it was not measured.
    var trainCPUSeconds: Double?
    var evaluationCPUSeconds: Double?
    var pruningCPUSeconds: Double?
    var images: Int
    /// Number of evaluated test images; nil if there was no evaluation, and in old checkpoints.
    var testImages: Int?
    /// Energy of the processor packages during training; nil if there are no counters.
    var trainJoules: Double?

    /// Nil for an epoch that is not evaluated.
    mutating func evaluate(_ evaluation: Evaluation?) {
      (testLoss, testTop1, testTop5) = (evaluation?.loss, evaluation?.top1, evaluation?.top5)
      testImages = evaluation?.images
    }

    mutating func measure(_ network: Network) {
      let cost = network.cost()
      (channels, parameters, macs) = (network.prunableChannels, cost.parameters, cost.macs)
    }
  }

  struct PruningRecord: Codable, Equatable, Sendable {
    /// 1-based; the step happened after it.
    var epoch: Int
    /// By layer, indices of channels in the original network.
    var removed: [String: [Int]]
    var channels: Int
    var parameters: Int
    var macs: Int
  }
}
