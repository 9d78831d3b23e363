/// Relates channels of groups to channels of layers, and to channels of other groups that are
/// removed with them.
extension PrunableGraph {
  /// The score of every remaining channel of every group, and the scores of layers that belong to
  /// no group.
  ///
  /// If several layers compute a group, such as an expansion and its depthwise filters or a
  /// residual stream, the score is the mean over all channels of these layers that belong together
  /// (Fang et al. 2023, DepGraph, arXiv 2301.12900). A layer that has lost a channel of a stream
  /// counts as 0, since it adds nothing to it; layers without scores do not count. A group without
  /// scored layers has no score.
  ///
  /// - Parameter layers: by layer, normalized scores of the remaining output channels; those of a
  ///   stream itself are under ``scoreName(ofStream:)``
  public func groupScores(_ layers: [String: [Double]]) -> [String: [Double]] {
    var sums = structure.groups.map { [Double](repeating: 0, count: $0.classes.count) }
    var counts = sums
    var found = layers
    for maker in structure.makers {
      let places = places(of: maker)
      if places.allSatisfy({ !$0.isEmpty }) { found[maker.layer] = nil }
      guard let scores = layers[maker.layer] else { continue }
      for place in places.joined() { counts[place.group][place.channel] += 1 }
      for (position, channel) in kept[maker.value.index].enumerated() {
        for place in places[channel] { sums[place.group][place.channel] += scores[position] }
      }
    }
    for (index, group) in structure.groups.enumerated() where group.kind != .stream || prunesStreams {
      let left = group.classes.indices.filter { !isRemoved(group.classes[$0]) }
      if group.kind == .stream, let own = found.removeValue(forKey: Self.scoreName(ofStream: group.name)) {
        found[group.name] = own
      } else if left.contains(where: { counts[index][$0] > 0 }) {
        found[group.name] = left.map { sums[index][$0] / max(1, counts[index][$0]) }
      }
    }
    return found
  }

  /// The name of a stream's own scores, for a criterion that does not score the stream's layers:
  /// the stream of a declared network has the name of a layer.
  public static func scoreName(ofStream name: String) -> String { "stream \(name)" }

  /// For each original channel of a layer: its group and index in the group, and those of streams
  /// that it adds to.
  private func places(of maker: ChannelStructure.Maker) -> [[(group: Int, channel: Int)]] {
    structure.classes.classes(of: maker.value).map { own in
      ([own] + structure.leaders[own, default: []]).compactMap { structure.positions[$0] }
    }
  }

  /// By group and channel, the channels of other groups that are removed with it.
  public var followers: [String: [Int: [(group: String, channel: Int)]]] {
    structure.groups.reduce(into: [:]) { found, group in
      for (channel, name) in group.classes.enumerated() where structure.classes.follows[name] != nil {
        found[group.name, default: [:]][channel] = structure.classes.removed(with: name)
          .filter { $0 != name && !isRemoved($0) }
          .compactMap { follower in
            structure.positions[follower].map { (structure.groups[$0.group].name, $0.channel) }
          }
      }
    }
  }
}
