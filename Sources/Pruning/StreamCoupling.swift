import Network

/// Channels of layers that are removed together with a channel of a residual stream.
struct StreamCoupling {
  private let streams: Set<String>
  private let followers: [String: [Int: [(group: String, channel: Int)]]]

  init(_ graph: PrunableGraph) {
    streams = Set(graph.streamGroups.map(\.name))
    followers = graph.followers
  }

  var hasStreams: Bool { !streams.isEmpty }

  func isStream(_ group: String) -> Bool { streams.contains(group) }

  /// Channels that are removed with a channel of a stream; none for a channel of a layer.
  func followers(of group: String, _ channel: Int) -> [(group: String, channel: Int)] {
    followers[group]?[channel] ?? []
  }

  /// By layer, the channels that are removed with those of streams.
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
