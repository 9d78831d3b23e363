import Network

/// Adds a score for every channel of the residual streams: the mean over the layers that share the stream of their
/// normalized scores, as pruners of coupled channels do (Fang et al. 2023, DepGraph, arXiv 2301.12900).
///
/// A layer that has lost the channel counts as 0, since it adds nothing to it; layers that the criterion does not score
/// do not count. A stream that the criterion scores itself keeps that score.
///
/// - Parameter scores: normalized, by layer.
public func withStreamScores(_ scores: [String: [Double]], of network: Network) -> [String: [Double]] {
  let layers = Dictionary(uniqueKeysWithValues: network.channelGroups.map { ($0.name, $0.kept) })
  var all = scores
  for stream in network.streamGroups where scores[stream.name] == nil {
    var sums = [Int: Double]()
    let scored = stream.members.filter { scores[$0] != nil }
    for member in scored {
      // What starts a stream has all of its channels.
      for (channel, score) in zip(layers[member] ?? stream.kept, scores[member] ?? []) {
        sums[channel, default: 0] += score
      }
    }
    guard !scored.isEmpty else { continue }
    all[stream.name] = stream.kept.map { sums[$0, default: 0] / Double(scored.count) }
  }
  return all
}
