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
    var losses = Losses(of: kept, floors: floors.mapValues(\.least))
    // Of the channels that streams leave to a layer, a multiple must remain, for which channels of
    // the layer itself may stay.
    var lossesByStreams = Losses(of: kept, floors: floors.mapValues(\.leastByStreams))
    return ranked.filter { channel in
      let own = (group: channel.group, channel: channel.channel)
      let followers = coupling.followers(of: own.group, own.channel)
      guard !losses.contains(own), losses.allow(followers + [own]), lossesByStreams.allow(followers) else {
        return false
      }
      losses.add(followers + [own])
      lossesByStreams.add(followers)
      return true
    }
  }
}

/// Channels that groups lose.
private struct Losses {
  private var lost: [String: Set<Int>] = [:]
  /// How many more channels a group may lose.
  private var room: [String: Int]

  /// - Parameters:
  ///   - kept: remaining channels, by group.
  ///   - floors: how many of them must stay.
  init(of kept: [String: Int], floors: [String: Int]) { room = kept.merging(floors, uniquingKeysWith: -) }

  func contains(_ channel: (group: String, channel: Int)) -> Bool {
    lost[channel.group]?.contains(channel.channel) == true
  }

  /// Whether no group falls below its floor if it loses all of these together.
  func allow(_ channels: [(group: String, channel: Int)]) -> Bool {
    more(channels).allSatisfy { $0.value <= room[$0.key, default: 0] }
  }

  mutating func add(_ channels: [(group: String, channel: Int)]) {
    room.merge(more(channels), uniquingKeysWith: -)
    for channel in channels { lost[channel.group, default: []].insert(channel.channel) }
  }

  /// By group, how many of the channels are not lost yet.
  private func more(_ channels: [(group: String, channel: Int)]) -> [String: Int] {
    Dictionary(channels.filter { !contains($0) }.map { ($0.group, 1) }, uniquingKeysWith: +)
  }
}
