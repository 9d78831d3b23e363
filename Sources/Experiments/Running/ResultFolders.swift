import Specification

/// Where an experiment's results and state lie.
struct ResultFolders: Sendable {
  let results: String
  let experiment: String

  var root: String { "\(results)/\(experiment)" }

  /// What an interrupted run goes on from.
  var state: String { "\(root)/.state" }

  /// The trained model and what belongs to it.
  func variant(seed: UInt64, _ variant: Variant) -> String { "\(root)/seed-\(seed)/\(variant.rawValue)" }

  func checkpoints(seed: UInt64, variant: Variant) -> CheckpointStore {
    CheckpointStore(folder: "\(state)/seed-\(seed)-\(variant.rawValue)")
  }
}

extension ExperimentSpec {
  /// Only a baseline where nothing is pruned.
  var variants: [Variant] { prune == nil ? [.baseline] : [.baseline, .pruned] }
}
