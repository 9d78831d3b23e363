import Network
import Specification

/// Channels that are ranked together, and those that a pruning step may remove.
struct PruningCandidates {
  /// Lowest score first, without channels that floors protect or that were removed with their
  /// stream.
  private(set) var allowed: [RankedChannel]
  /// The channels of every layer, lowest score first; without streams.
  private(set) var byLayer: [String: [Int]]
  /// Original number of channels of the layers, and how many of them were removed.
  let original: Int
  private(set) var gone: Int
  /// How many of them the model lacked from which the training started.
  let missing: Int

  /// - Parameters:
  ///   - layers: the groups whose channels count.
  ///   - streams: groups that are ranked with them.
  ///   - kept: remaining channels, by group.
  ///   - missing: channels that the training started without, by group.
  init(
    _ layers: [ChannelGroup], streams: [ChannelGroup] = [], scores: [String: [Double]], kept: [String: Int],
    missing: [String: Int], floors: [String: ChannelFloor], coupling: StreamCoupling
  ) {
    // A group that the criterion does not score keeps its channels.
    let ranked = ranking((layers + streams).filter { scores[$0.name] != nil }, scores: scores)
    allowed = Self.allowed(ranked, kept: kept, floors: floors, coupling: coupling)
    byLayer = Dictionary(grouping: ranked.filter { !coupling.isStream($0.group) }, by: \.group)
      .mapValues { $0.map(\.channel) }
    original = layers.map(\.originalCount).reduce(0, +)
    gone = original - layers.map(\.kept.count).reduce(0, +)
    self.missing = layers.map { missing[$0.name, default: 0] }.reduce(0, +)
  }

  /// The candidates that are left when others take these channels of their layers along.
  func without(_ lost: [String: Set<Int>]) -> PruningCandidates {
    let lost = lost.filter { byLayer[$0.key] != nil }
    guard !lost.isEmpty else { return self }
    var rest = self
    // Each of them takes the place of one that floors would allow.
    var room = Dictionary(allowed.map { ($0.group, 1) }, uniquingKeysWith: +)
    for (layer, channels) in lost { room[layer, default: 0] -= channels.count }
    rest.allowed = allowed.filter { channel in
      guard lost[channel.group]?.contains(channel.channel) != true, room[channel.group, default: 0] > 0 else {
        return false
      }
      room[channel.group, default: 0] -= 1
      return true
    }
    for (layer, channels) in lost { rest.byLayer[layer]?.removeAll(where: channels.contains) }
    rest.gone += lost.values.map(\.count).reduce(0, +)
    return rest
  }

  /// The number of channels that is this share of the original ones.
  func total(_ share: Double) -> Int { Int((share * Double(original)).rounded()) }

  private static func allowed(
    _ ranked: [RankedChannel], kept: [String: Int], floors: [String: ChannelFloor], coupling: StreamCoupling
  ) -> [RankedChannel] {
    var left = kept
    // Channels that streams leave to a layer: a multiple must remain, for which channels of the
    // layer itself may stay.
    var leftByStreams = kept
    var removed: [String: Set<Int>] = [:]
    func isRemoved(_ group: String, _ channel: Int) -> Bool { removed[group]?.contains(channel) == true }
    let (least, leastByStreams) = (floors.mapValues(\.least), floors.mapValues(\.leastByStreams))
    func hasMore(_ left: [String: Int], _ least: [String: Int], _ group: String) -> Bool {
      left[group, default: 0] > least[group, default: 0]
    }
    return ranked.filter { channel in
      guard hasMore(left, least, channel.group), !isRemoved(channel.group, channel.channel) else {
        return false
      }
      let followers = coupling.followers(of: channel.group, channel.channel)
      let lost = followers.filter { !isRemoved($0.group, $0.channel) }
      guard lost.allSatisfy({ hasMore(left, least, $0.group) }),
        followers.allSatisfy({ hasMore(leftByStreams, leastByStreams, $0.group) })
      else { return false }
      for follower in followers { leftByStreams[follower.group, default: 0] -= 1 }
      for (group, number) in lost + [(group: channel.group, channel: channel.channel)] {
        left[group, default: 0] -= 1
        removed[group, default: []].insert(number)
      }
      return true
    }
  }
}
