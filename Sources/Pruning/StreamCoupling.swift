import Network

/// Which channels of layers go together with a channel of a residual stream.
struct StreamCoupling {
  /// By stream, the layers among `groups` that have its channels, the last convolutions of its blocks.
  private let members: [String: [String]]
  private let kept: [String: Set<Int>]

  /// - Parameter groups: streams, and the layers that can lose channels alone.
  init(_ groups: [ChannelGroup]) {
    let layers = groups.filter { $0.kind != .stream }
    let names = Set(layers.map(\.name))
    members = groups.filter { $0.kind == .stream }.reduce(into: [:]) {
      $0[$1.name] = $1.members.filter(names.contains)
    }
    kept = Dictionary(uniqueKeysWithValues: layers.map { ($0.name, Set($0.kept)) })
  }

  var hasStreams: Bool { !members.isEmpty }

  func isStream(_ group: String) -> Bool { members[group] != nil }

  /// Layers that have this channel and would lose it with its stream; none for a channel of a layer.
  func losers(of channel: RankedChannel) -> [String] {
    (members[channel.group] ?? []).filter { kept[$0]?.contains(channel.channel) == true }
  }

  /// By layer, the channels that go with those of streams.
  ///
  /// - Parameter channels: by stream; other groups are passed over.
  func coupled(to channels: [String: Set<Int>]) -> [String: Set<Int>] {
    var coupled: [String: Set<Int>] = [:]
    for (stream, gone) in channels {
      for layer in members[stream] ?? [] { coupled[layer, default: []].formUnion(gone) }
    }
    return coupled.reduce(into: [:]) { $0[$1.key] = $1.value.intersection(kept[$1.key] ?? []) }
  }
}
