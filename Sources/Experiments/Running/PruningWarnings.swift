import Network
import Specification

/// Effects of a pruning step that may not be intended.
struct PruningWarnings {
  let before: PrunableGraph
  let after: PrunableGraph
  /// The target, after the last step; nil after other steps.
  let target: PruneSpec.Target?

  /// Share of a layer's channels that may be removed without a warning.
  private static let mostOfLayer = 0.9

  var sentences: [String] { thinnedLayers + [shortfall].compactMap(\.self) }

  /// Layers that have lost more than nine tenths of their channels with this step.
  private var thinnedLayers: [String] {
    zip(before.channelGroups, after.channelGroups).filter { Self.isThin($1) && !Self.isThin($0) }.map {
      "\($1.name) keeps \($1.kept.count) of its \($1.originalCount) channels;"
        + " `prune.maximum_layer_ratio` and `prune.exclude` keep more"
    }
  }

  private static func isThin(_ group: ChannelGroup) -> Bool {
    Double(group.originalCount - group.kept.count) > mostOfLayer * Double(group.originalCount)
  }

  private var shortfall: String? {
    guard let target, let missed = target.missed(from: after.whole.cost, to: after.cost) else { return nil }
    return
      "\(missed.share) of the \(missed.noun) are removed, but the target was \(missed.wanted): the criterion scores"
      + " no other channels that may be removed"
  }
}

extension PruneSpec.Target {
  /// Smaller differences result from rounding to whole channels.
  private static let tolerance = 0.01

  /// A target of parameters or MACs that was not reached; nil if it was reached, and for targets of
  /// channels.
  func missed(
    from whole: Cost, to pruned: Cost
  ) -> (share: Double, wanted: Double, noun: String)? {
    let (wanted, noun, measure): (Double, String, (Cost) -> Int)
    switch self {
    case .ratio, .channelsPerStep: return nil
    case .parameterRatio(let ratio): (wanted, noun, measure) = (ratio, "parameters", \.parameters)
    case .flopsRatio(let ratio): (wanted, noun, measure) = (ratio, "MACs", \.macs)
    }
    let share = 1 - Double(measure(pruned)) / Double(max(1, measure(whole)))
    return share < wanted - Self.tolerance ? ((share * 1000).rounded() / 1000, wanted, noun) : nil
  }
}
