import Network

/// One channel with its score, in the order of a global ranking.
public struct RankedChannel: Equatable, Sendable {
  public let group: String
  /// Index in the original network.
  public let channel: Int
  public let score: Double
}

/// Divides the scores of each layer by the L2 norm + 1e-9 of its finite scores, which makes layers
/// comparable.
public func normalizedByLayer(_ importance: [String: [Double]]) -> [String: [Double]] {
  importance.mapValues { scores in
    let norm = scores.reduce(0) { $1.isFinite ? $0 + $1 * $1 : $0 }.squareRoot() + 1e-9
    return scores.map { $0 / norm }
  }
}

/// All channels of the groups, lowest score first; ties go to the lower layer, then to the lower
/// channel.
///
/// A score that is not a number ranks last, so that such a channel stays.
public func ranking(_ groups: [ChannelGroup], scores: [String: [Double]]) -> [RankedChannel] {
  var channels: [(rank: Int, channel: RankedChannel)] = []
  for group in groups {
    let values = scores[group.name] ?? []
    for (position, channel) in group.kept.enumerated() {
      let score = position < values.count ? values[position] : .infinity
      channels.append(
        (
          channels.count,
          RankedChannel(group: group.name, channel: channel, score: score.isNaN ? .infinity : score)
        ))
    }
  }
  return channels.sorted { ($0.channel.score, $0.rank) < ($1.channel.score, $1.rank) }.map(\.channel)
}
