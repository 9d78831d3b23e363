/// What a training has shown so far: everything that reports need besides the network itself. Saved with checkpoints.
struct TrainingRecord: Codable, Equatable, Sendable {
  var epochs: [EpochRecord] = []
  var pruningSteps: [PruningRecord] = []

  struct EpochRecord: Codable, Equatable, Sendable {
    var epoch: Int
    var learningRate: Double
    var trainLoss: Double
    var trainTop1: Double
    var testLoss: Double?
    var testTop1: Double?
    var testTop5: Double?
    /// After the epoch, and after its pruning step if there was one.
    var channels: Int
    var parameters: Int
    var macs: Int
    /// Wall time of forward, backward and update, of the rest of the epoch, and of a pruning step.
    var trainSeconds: Double
    var evaluationSeconds: Double
    var pruningSeconds: Double
    var images: Int
    /// Energy of the processor's packages while it trained; nil where they have no counters.
    var trainJoules: Double?
  }

  struct PruningRecord: Codable, Equatable, Sendable {
    /// 1-based; the step happened after it.
    var epoch: Int
    /// By layer, numbers of channels in the original network.
    var removed: [String: [Int]]
    var channels: Int
    var parameters: Int
    var macs: Int
  }
}
