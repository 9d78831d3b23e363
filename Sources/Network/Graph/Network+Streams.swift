extension Network {
  /// The residual streams, in the order in which data meets them: channels that many layers can only lose together.
  ///
  /// The layers that a stream's channels come from, the stem or a projection and the last convolution of every block, are
  /// the group's members. Those last convolutions are channel groups of their own, too, since they can lose channels
  /// that the stream keeps.
  public var streamGroups: [ChannelGroup] {
    streams.map { stream in
      ChannelGroup(
        name: stream.name, kind: .stream, originalCount: stream.originalCount, kept: stream.kept,
        members: units.filter { $0.stream === stream }.map(\.convolution.name))
    }
  }

  private var streams: [ResidualStream] { units.filter { $0.role == .fixed }.compactMap(\.stream) }

  /// Removes channels of streams from all layers that make or read them.
  ///
  /// - Parameter channels: by stream. One that is the last of a layer stays.
  func removeFromStreams(_ channels: [String: Set<Int>]) {
    for stream in streams {
      guard let wanted = channels[stream.name] else { continue }
      let members = units.filter { $0.stream === stream }
      var removed = wanted.intersection(stream.kept)
      // The narrowest first, so that one channel that stays may serve several.
      for member in members.sorted(by: { $0.convolution.outputs < $1.convolution.outputs }) {
        let kept = member.convolution.keptOutputs
        if let first = kept.first, removed.isSuperset(of: kept) { removed.remove(first) }
      }
      guard !removed.isEmpty else { continue }
      for member in members {
        let kept = member.convolution.keptOutputs
        member.keepOutputs(kept.indices.filter { !removed.contains(kept[$0]) })
      }
      keepInputs(stream.kept.indices.filter { !removed.contains(stream.kept[$0]) }, of: stream.name)
      stream.remove(removed)
    }
  }
}
