import Network
import Reports
import Specification

/// Effects of a pruning step that may not be intended.
struct PruningWarnings {
  let before: PrunableGraph
  let after: PrunableGraph
  /// The settings, after the last step; nil after other steps.
  let prune: PruneSpec?
  /// Number of all pruning steps.
  let steps: Int

  /// Share of a layer's channels that may be removed without a warning.
  private static let mostOfLayer = 0.9

  var sentences: [String] { thinnedLayers + [aboutTarget].compactMap(\.self) }

  /// A target that was missed, or that the model to start from has reached already.
  var aboutTarget: String? { shortfall ?? needlessSteps }

  /// Layers that have lost more than nine tenths of their channels with this step.
  private var thinnedLayers: [String] {
    zip(before.channelGroups, after.channelGroups).filter { Self.isThin($1) && !Self.isThin($0) }.map {
      "\($1.name) keeps \($1.kept.count * $1.width) of its \($1.originalCount * $1.width) channels;"
        + " `prune.maximum_layer_ratio` and `prune.exclude` keep more"
    }
  }

  private static func isThin(_ group: ChannelGroup) -> Bool {
    Double(group.originalCount - group.kept.count) > mostOfLayer * Double(group.originalCount)
  }

  private var shortfall: String? {
    guard let prune, let missed = missedShare(prune) ?? missedChannels(prune) else { return nil }
    return "\(missed.result), but the target was \(missed.wanted): the criterion scores"
      + " no other channels that may be removed"
  }

  /// Nil unless the model to start from has so few channels that no step removed any.
  private var needlessSteps: String? {
    let missing = after.missingAtStart
    guard prune != nil, missing.values.contains(where: { $0 > 0 }),
      (after.channelGroups + after.streamGroups).allSatisfy({ group in
        group.originalCount - group.kept.count == missing[group.name, default: 0]
      })
    else { return nil }
    return "the steps removed no channel: the target counts the channels that the model to start from lacks,"
      + " which reach it already"
  }

  /// A target of parameters or MACs that was not reached.
  private func missedShare(_ prune: PruneSpec) -> (result: String, wanted: String)? {
    prune.target.missed(from: after.whole.cost, to: after.cost).map {
      ("\($0.share) of the \($0.noun) are removed", "\($0.wanted)")
    }
  }

  /// A target of channels that was not reached. One of channels per step may be out of reach for a
  /// pruned model to start from: its missing channels do not count.
  private func missedChannels(_ prune: PruneSpec) -> (result: String, wanted: String)? {
    let groups = after.channelGroups.filter { $0.kind == .convolution && !prune.excludes($0.members) }
    func total(_ count: (ChannelGroup) -> Int) -> Int { groups.map(count).reduce(0, +) }
    let missing = after.missingAtStart
    let atStart = total { missing[$0.name, default: 0] }
    let removed = total { $0.originalCount - $0.kept.count } - atStart
    let wanted: Int
    switch prune.target {
    case .parameterRatio, .flopsRatio: return nil
    case .channelsPerStep(let channels): wanted = channels * steps
    case .ratio(let ratio): wanted = Int((ratio * Double(total(\.originalCount))).rounded()) - atStart
    }
    // The nearest multiple is close enough, and with a stream's channel go those of its layers.
    let multiple = groups.map { prune.multiple(width: $0.width) }.max() ?? 1
    let layers = prune.scope == .stream ? after.streamGroups.map(\.members.count).max() ?? 1 : 1
    guard wanted - removed > multiple * layers else { return nil }
    return ("the steps removed \(counted(removed, "channel"))", "\(wanted)")
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
