import Architectures
import Compute
import Network
import Pruning
import Specification
import Training

/// What an experiment will do, and what its networks cost, without training.
struct ExperimentPlan: Encodable {
  struct Run: Encodable {
    var seed: UInt64
    var variant: Variant
    var epochs: Int
    var epochsDone: Int
    /// Epochs whose steps it takes over from the baseline, or from another training that is the
    /// same as the baseline so far.
    var epochsShared: Int
    /// Whether the whole training is in the cache.
    var cached: Bool
    /// Other experiments of the plan that use the same training.
    var sharedWith: [String]
    /// Nil where nothing was predicted; 0 where it is cached, or done for an experiment before.
    var predictedSeconds: Double?
    var stages: [Stage]
  }

  /// Load, train, evaluate or export.
  struct Stage: Encodable {
    var stage: String
    /// Nil for what is done anew in every run.
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

  struct PruningStep: Encodable {
    var epoch: Int
    /// Prunable channels left after the step, if layers are pruned in proportion; the ranking
    /// decides which.
    var channels: Int
    var parameters: Int
    var macs: Int
  }

  let experiment: String
  var runs: [Run] = []
  let parameters: Int
  let macs: Int
  let prunableChannels: Int
  /// What a training needs by its graph, mebibytes, the data set not counted.
  let trainingMemoryMib: Int
  let layers: [Layer]
  let pruningSteps: [PruningStep]
  /// Of the trainings that are done for this experiment first.
  var predictedSeconds: Double?
  /// The same in every experiment of a plan.
  var whole = WholePlan()

  /// The networks, from the full one to what is left after the last pruning step.
  init(_ spec: ExperimentSpec) throws(ToolError) {
    let network = try spec.structure()
    experiment = spec.name
    prunableChannels = network.prunableChannels(by: spec.prune)
    let excluded = network.excludedLayers(by: spec.prune)
    // Hidden units of linear layers are removed along with channels only.
    let canLose = prunableChannels > 0
    layers = network.layers.map {
      Layer(
        name: $0.name, kind: $0.kind.rawValue, inputs: $0.inputs, channels: $0.channels,
        prunable: $0.isPrunable && canLose && !excluded.contains($0.name), parameters: $0.cost.parameters,
        macs: $0.cost.macs)
    }
    let cost = network.cost
    let memory = network.graph.trainingMemory.bytes(spec.train, threads: ProcessorLimit.current.count)
    trainingMemoryMib = Int(memory / 0x1p20) + 1
    (parameters, macs) = (cost.parameters, cost.macs)
    pruningSteps = try PlannedWidths(spec: spec).all().dropFirst().map { width in
      PruningStep(
        epoch: width.epoch, channels: width.channels, parameters: width.parameters, macs: width.macs)
    }
  }

  var widths: [PlannedWidth] {
    [PlannedWidth(epoch: 0, channels: prunableChannels, parameters: parameters, macs: macs)]
      + pruningSteps.map {
        PlannedWidth(epoch: $0.epoch, channels: $0.channels, parameters: $0.parameters, macs: $0.macs)
      }
  }
}

/// What all experiments of a plan come to.
struct WholePlan: Encodable {
  var experiments = 0
  /// Trainings that would be done if every experiment did its own.
  var trainingsWithoutSharing = 0
  /// Trainings that are different, of which some may be cached.
  var trainings = 0
  var trainingsCached = 0
  /// Left to do.
  var trainingsToDo = 0
  /// Of the trainings to do: epochs that are taken over from the beginnings of others.
  var epochsShared = 0
  var threads = 0
  /// Of everything that is left to do; nil where it was not predicted.
  var predictedSeconds: Double?
  /// Resident memory at most, mebibytes.
  var predictedPeakMib: Int?
  /// What measuring took.
  var calibrationSeconds: Double?
}
