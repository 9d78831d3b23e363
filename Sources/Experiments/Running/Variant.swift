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
}
