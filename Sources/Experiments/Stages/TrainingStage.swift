import Reports
import Specification

/// One training that experiments need: a seed of a variant.
struct TrainingStage: Sendable {
  let key: StageKey
  /// The experiment whose training this is. Others may have the same one, with other settings that
  /// are not part of the key.
  let spec: ExperimentSpec
  let variant: Variant
  let seed: UInt64
  /// Digest of the files that it starts from, which the key contains; nil if there are none.
  let start: String?
  /// The baseline's training: this one, or the one to which it is identical until it prunes.
  let trunk: StageKey

  /// For messages about it.
  var name: TrainingName { TrainingName(experiment: spec.name, variant: variant.rawValue, seed: seed) }

  var epochs: Int { spec.epochs(variant) }

  /// Epochs that are identical to the baseline's.
  var commonEpochs: Int { spec.commonEpochs(variant) }

  /// The baseline's training, if all of it comes before the first pruning step, as with one-shot
  /// pruning.
  var beginning: StageKey? { variant == .pruned && commonEpochs == spec.train.epochs ? trunk : nil }

  /// The network, data and, unless they are the default, precisions: `resnet-8 × 0.5 on digits`.
  var setting: String {
    let architecture = spec.architecture
    let isNamed = architecture.depth == 0 || architecture.name.hasSuffix("\(architecture.depth)")
    let depth = isNamed ? "" : "-\(architecture.depth)"
    let width = architecture.width == 1 ? "" : " × \(architecture.width)"
    let precision = spec.train.precision == .float32 ? "" : " in \(spec.train.precision)"
    let evaluated = spec.evaluate.precision == .float32 ? "" : ", evaluated in \(spec.evaluate.precision)"
    return "\(architecture.name)\(depth)\(width) on \(spec.dataset.name)\(precision)\(evaluated)"
  }

  /// Description for people: `resnet-8 × 0.5 on digits, 6 epochs, seed 0, pruned by l1_norm`.
  var summary: String {
    let pruning =
      spec.prune.map { "pruned by \($0.criterion) \($0.target.summary)\($0.schedule.summary)" } ?? "pruned"
    return "\(setting), \(counted(epochs, "epoch")), seed \(seed), "
      + (variant == .baseline ? "baseline" : pruning)
  }
}

extension PruneSpec.Target {
  fileprivate var summary: String {
    switch self {
    case .ratio(let share): "to ratio \(share)"
    case .channelsPerStep(let count): "by \(count) channels a step"
    case .parameterRatio(let share): "to parameter_ratio \(share)"
    case .flopsRatio(let share): "to flops_ratio \(share)"
    }
  }
}

extension PruneSpec.Schedule {
  fileprivate var summary: String {
    switch self {
    case .constant: ""
    case .cubic: ", cubic"
    case .oneShot(let fineTune): ", in one shot before the last \(fineTune.epochs) epochs"
    }
  }
}
