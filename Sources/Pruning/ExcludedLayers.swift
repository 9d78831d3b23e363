import Network
import Specification

/// Effect of `prune.exclude` on the channels that can be removed.
extension PrunableGraph {
  /// Remaining channels that an experiment's pruning steps may remove: ``prunableChannels`` without
  /// those of excluded layers.
  public func prunableChannels(by prune: PruneSpec?) -> Int { prunableChannels - excludedChannels(by: prune) }

  /// Channels of excluded layers, which no step removes.
  public func excludedChannels(by prune: PruneSpec?) -> Int {
    guard let prune else { return 0 }
    return channelGroups.filter { $0.kind == .convolution && prune.excludes($0.members) }
      .map(\.kept.count).reduce(0, +)
  }

  /// Prunable layers whose groups are all excluded.
  public func excludedLayers(by prune: PruneSpec?) -> Set<String> {
    guard let prune else { return [] }
    let groups = channelGroups + streamGroups
    func members(_ isExcluded: Bool) -> Set<String> {
      Set(groups.filter { prune.excludes($0.members) == isExcluded }.flatMap(\.members))
    }
    return members(true).subtracting(members(false))
  }
}
