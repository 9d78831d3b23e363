import Network
import Specification

/// What a pruning step did that the experiment may not have meant.
struct PruningWarnings {
  let before: PrunableGraph
  let after: PrunableGraph
  /// What the steps aim at, after the last of them; nil after others.
  let target: PruneSpec.Target?

  /// How much of a layer's channels may be removed without a word.
  private static let mostOfLayer = 0.9

  var sentences: [String] { thinnedLayers + [shortfall].compactMap(\.self) }

  /// Layers that lost more than nine tenths of their channels with this step.
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
  /// Less than this is rounding to whole channels.
  private static let tolerance = 0.01

  /// A target of parameters or MACs that was not reached; nil for one that was, and for those of
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
