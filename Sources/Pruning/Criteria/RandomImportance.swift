import Compute
import Network
import Specification

/// Random scores: the baseline that every other criterion must beat.
struct RandomImportance: ImportanceCriterion {
  static let description = Catalog.Criterion(name: "random", readsImages: false)

  init(options: CriterionOptions) {}

  func importance(of network: Network, on data: ScoringData) -> [String: [Double]] {
    var scores: [String: [Double]] = [:]
    let groups = network.channelGroups + (network.prunesStreams ? network.streamGroups : [])
    // A grouped convolution has more channels than sets of channels that are removed together.
    let channels = Dictionary(network.layers().map { ($0.name, $0.channels) }) { first, _ in first }
    for (index, group) in groups.enumerated() {
      var stream = RandomStream(
        seed: data.seed, purpose: .randomCriterion, epoch: data.epoch, index: index)
      let isStream = group.kind == .stream
      let name = isStream ? PrunableGraph.scoreName(ofStream: group.name) : group.name
      let count = isStream ? group.kept.count : channels[group.name] ?? group.kept.count
      scores[name] = (0..<count).map { _ in Double(stream.uniform()) }
    }
    return scores
  }
}
