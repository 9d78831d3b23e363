import Architectures
import Compute
import Network
import Pruning
import Specification
import Training

/// The steps of an experiment and the costs of its networks, computed without training.
struct ExperimentPlan: Encodable {
  struct Run: Encodable {
    var seed: UInt64
    var variant: Variant
    var epochs: Int
    var epochsDone: Int
    /// Epochs that it takes over from the baseline, or from another training that is identical to
    /// the baseline up to there.
    var epochsShared: Int
    /// Whether the whole training is in the cache.
    var cached: Bool
    /// Other experiments of the plan that use the same training.
    var sharedWith: [String]
    /// Nil without a prediction; 0 if it is cached, or done for an earlier experiment.
    var predictedSeconds: Double?
    var stages: [Stage]
  }

  /// Load, train, evaluate or export.
  struct Stage: Encodable {
    var stage: String
    /// Nil for a stage that every run repeats.
    var key: String?
    var cached: Bool
  }

  struct Layer: Encodable {
    var name: String
    var kind: String
    var inputs: Int
    var channels: Int
    var prunable: Bool
    var parameters: Int
    var macs: Int
  }

  let experiment: String
  var runs: [Run] = []
  let parameters: Int
  let macs: Int
  let prunableChannels: Int
  /// Memory of a training, estimated from its graph, in mebibytes, without the data set.
  let trainingMemoryMib: Int
  /// What the trainings need in each precision of activations.
  var precisions: [PlannedPrecision]
  let layers: [Layer]
  /// The network after each step, if all layers lose the same share; the ranking decides.
  let pruningSteps: [PlannedWidth]
  /// Sum over the trainings that are first done for this experiment.
  var predictedSeconds: Double?
  /// The same in every experiment of a plan.
  var whole = WholePlan()

  /// The networks, from that at the start to the one after the last pruning step.
  init(_ spec: ExperimentSpec, threads: Int) throws(ToolError) {
    let network = try spec.structure()
    experiment = spec.name
    prunableChannels = network.prunableChannels(by: spec.prune)
    let excluded = network.excludedLayers(by: spec.prune)
    // Hidden units of linear layers are removed only along with channels.
    let canLose = prunableChannels > 0
    layers = network.layers.map {
      Layer(
        name: $0.name, kind: $0.kind.rawValue, inputs: $0.inputs, channels: $0.channels,
        prunable: $0.isPrunable && canLose && !excluded.contains($0.name), parameters: $0.cost.parameters,
        macs: $0.cost.macs)
    }
    let cost = network.cost
    precisions = PlannedPrecision.all(of: network.graph, spec, threads: threads)
    trainingMemoryMib = precisions.first(where: \.isSet)?.trainingMemoryMib ?? 0
    (parameters, macs) = (cost.parameters, cost.macs)
    pruningSteps = Array(try PlannedWidths(spec: spec).all().dropFirst())
  }

  var widths: [PlannedWidth] {
    [PlannedWidth(epoch: 0, channels: prunableChannels, parameters: parameters, macs: macs)]
      + pruningSteps
  }
}

/// Totals over all experiments of a plan.
struct WholePlan: Encodable {
  var experiments = 0
  /// Number of trainings without sharing.
  var trainingsWithoutSharing = 0
  /// Number of different trainings, including cached ones.
  var trainings = 0
  var trainingsCached = 0
  /// Number of trainings that are not cached.
  var trainingsToDo = 0
  /// Epochs that the trainings to do take over from other trainings.
  var epochsShared = 0
  var threads = 0
  /// Predicted time of all trainings to do; nil without a prediction.
  var predictedSeconds: Double?
  /// Peak resident memory, mebibytes.
  var predictedPeakMib: Int?
  /// Time spent on measuring.
  var calibrationSeconds: Double?
}
