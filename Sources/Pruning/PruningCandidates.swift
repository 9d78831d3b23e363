import Network
import Specification

/// Channels that are ranked together, and those of them that a pruning step may take.
struct PruningCandidates {
  /// Lowest score first, without what the floors keep, and without channels that have gone with their stream.
  let allowed: [RankedChannel]
  /// Every layer's channels, lowest score first; streams are none.
  let byLayer: [String: [Int]]
  /// Channels that the layers had, and how many of them are gone.
  let original: Int
  let gone: Int

  /// - Parameters:
  ///   - layers: the groups that count.
  ///   - streams: groups that are ranked with them.
  ///   - kept: channels left, by group.
  init(
    _ layers: [ChannelGroup], streams: [ChannelGroup] = [], scores: [String: [Double]], kept: [String: Int],
    coupling: StreamCoupling, spec: PruneSpec
  ) {
    let ranked = ranking(layers + streams, scores: scores)
    allowed = Self.allowed(ranked, kept: kept, coupling: coupling, spec: spec)
    byLayer = Dictionary(grouping: ranked.filter { !coupling.isStream($0.group) }, by: \.group)
      .mapValues { $0.map(\.channel) }
    original = layers.map(\.originalCount).reduce(0, +)
    gone = original - layers.map(\.kept.count).reduce(0, +)
  }

  /// So many channels as are this share of the original ones.
  func total(_ share: Double) -> Int { Int((share * Double(original)).rounded()) }

  private static func allowed(
    _ ranked: [RankedChannel], kept: [String: Int], coupling: StreamCoupling, spec: PruneSpec
  ) -> [RankedChannel] {
    var left = kept
    // What streams leave to a layer: a multiple must remain, where the layer's own channels may stay for the sake of one.
    var leftByStreams = kept
    var gone: [String: Set<Int>] = [:]
    func isGone(_ layer: String, _ channel: Int) -> Bool { gone[layer]?.contains(channel) == true }
    let least = spec.floor(ofLayerWith: .max)
    return ranked.filter { channel in
      guard let now = left[channel.group], now > spec.minimumChannels, !isGone(channel.group, channel.channel)
      else { return false }
      let members = coupling.losers(of: channel)
      let losers = members.filter { !isGone($0, channel.channel) }
      guard losers.allSatisfy({ left[$0, default: 0] > spec.minimumChannels }),
        members.allSatisfy({ leftByStreams[$0, default: 0] > least })
      else { return false }
      for layer in members { leftByStreams[layer, default: 0] -= 1 }
      for layer in losers + [channel.group] {
        left[layer, default: 0] -= 1
        gone[layer, default: []].insert(channel.channel)
      }
      return true
    }
  }
}
