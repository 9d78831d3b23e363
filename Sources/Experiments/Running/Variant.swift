import Specification

/// The two networks that an experiment compares.
public enum Variant: String, Codable, CaseIterable, Sendable {
  /// Same recipe, no pruning.
  case baseline
  case pruned
}

extension ExperimentSpec {
  /// Only the baseline if nothing is pruned.
  var variants: [Variant] { prune == nil ? [.baseline] : [.baseline, .pruned] }

  /// Epochs of a variant's training, including fine-tuning after one-shot pruning.
  func epochs(_ variant: Variant) -> Int {
    train.epochs + (variant == .pruned ? prune?.fineTune?.epochs ?? 0 : 0)
  }

  /// Epochs of a variant's training that are identical to the baseline's, bit for bit: those up to
  /// the first pruning step.
  func commonEpochs(_ variant: Variant) -> Int {
    guard variant == .pruned, let first = prune?.steps(epochs: train.epochs).first else {
      return train.epochs
    }
    return min(first, train.epochs)
  }
}
