import Network

/// Channels of layers that are removed together with a channel of a residual stream.
struct StreamCoupling {
  /// The streams; an outer one comes before the sums within it, which lose channels with it.
  let outerFirst: [String]
  private let streams: Set<String>
  private let followers: [String: [Int: [(group: String, channel: Int)]]]

  init(_ graph: PrunableGraph) {
    followers = graph.followers
    outerFirst = Self.outerFirst(graph.streamGroups.map(\.name), followers)
    streams = Set(outerFirst)
  }

  private static func outerFirst(
    _ streams: [String], _ followers: [String: [Int: [(group: String, channel: Int)]]]
  ) -> [String] {
    let inner = followers.mapValues { Set($0.values.joined().map(\.group)) }
    var (ordered, rest): ([String], [String]) = ([], streams)
    while !rest.isEmpty {
      // Of streams that follow each other, any is first.
      let outer = rest.firstIndex { name in
        !rest.contains { $0 != name && inner[$0]?.contains(name) == true }
      }
      ordered.append(rest.remove(at: outer ?? 0))
    }
    return ordered
  }

  func isStream(_ group: String) -> Bool { streams.contains(group) }

  /// Channels that are removed with a channel of a stream; none for a channel of a layer.
  func followers(of group: String, _ channel: Int) -> [(group: String, channel: Int)] {
    followers[group]?[channel] ?? []
  }

  /// By group, the channels that are removed with those of streams.
  ///
  /// - Parameter channels: by stream
  func coupled(to channels: [String: Set<Int>]) -> [String: Set<Int>] {
    var coupled: [String: Set<Int>] = [:]
    for (stream, removed) in channels {
      for channel in removed {
        for follower in followers(of: stream, channel) {
          coupled[follower.group, default: []].insert(follower.channel)
        }
      }
    }
    return coupled
  }
}
