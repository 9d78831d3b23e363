import Datasets
import Network
import Pruning
import Specification

/// Scores of a network's channels by an experiment's criterion, on its training images as training sees them.
struct Scoring {
  let spec: ExperimentSpec
  let data: ImageSet
  let seed: UInt64
  /// Ends the pass over the images early; the scores are then of no use.
  var interruption = Interruption()

  /// Normalized scores, by layer, and by residual stream where those are pruned.
  ///
  /// Images are taken in a random order that depends on seed and epoch, with the training augmentation; `samples`
  /// limits their number.
  func scores(of network: Network, epoch: Int) -> [String: [Double]] {
    var order = BatchLoader.shuffledOrder(count: data.count, seed: seed ^ Self.orderSalt, epoch: epoch)
    if let samples = spec.prune?.samples { order = Array(order.prefix(samples)) }
    let input = ScoringData(seed: seed, epoch: epoch) {
      let loader = BatchLoader(
        set: data, order: order, batchSize: spec.train.batchSize, augment: spec.dataset.augment,
        normalize: spec.dataset.normalize, seed: seed ^ Self.orderSalt, epoch: epoch)
      return AnyIterator {
        interruption.isRequested ? nil : loader.next().map { ($0.images, $0.labels) }
      }
    }
    return Self.scores(of: network, by: spec.prune, on: input)
  }

  /// Without a `prune` part, by feature relevance.
  static func scores(of network: Network, by prune: PruneSpec?, on data: ScoringData) -> [String: [Double]] {
    let criterion =
      prune.flatMap { CriterionRegistry.make($0.criterion, options: $0.options) }
      ?? FeatureRelevance(options: [:])
    let scores = normalizedByLayer(criterion.importance(of: network, on: data))
    return prune?.scope == .stream ? withStreamScores(scores, of: network) : scores
  }

  /// Keeps the scoring pass from seeing the very crops of the epoch before it.
  private static let orderSalt: UInt64 = 0x5C0_7E5
}
