import Specification

/// The two networks that an experiment compares.
public enum Variant: String, Codable, CaseIterable, Sendable {
  /// Same recipe, no pruning.
  case baseline
  case pruned
}

extension ExperimentSpec {
  /// Only a baseline where nothing is pruned.
  var variants: [Variant] { prune == nil ? [.baseline] : [.baseline, .pruned] }

  /// Epochs of a variant's training, those after a pruning in one shot included.
  func epochs(_ variant: Variant) -> Int {
    train.epochs + (variant == .pruned ? prune?.fineTune?.epochs ?? 0 : 0)
  }
}
