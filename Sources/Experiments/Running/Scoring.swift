import Datasets
import MessagePassing
import Network
import Pruning
import Specification

/// Scores of a network's channels by an experiment's criterion, on training images with
/// augmentation.
struct Scoring {
  let spec: ExperimentSpec
  let data: ImageSet
  let seed: UInt64
  /// Ends scoring early; the scores are then invalid.
  var interruption = Interruption()
  /// Processes that score the same network together.
  var group = ProcessGroup.alone

  /// Normalized scores, by layer, and by residual stream if streams are pruned.
  ///
  /// Images are taken in a random order that depends on seed and epoch, with the training
  /// augmentation; `samples` limits their number.
  ///
  /// - Throws: if an image cannot be read, or if all images are damaged.
  func scores(of network: Network, epoch: Int) throws(RunError) -> [String: [Double]] {
    var order = BatchLoader.shuffledOrder(count: data.count, seed: seed ^ Self.orderSalt, epoch: epoch)
    if let samples = spec.prune?.samples { order = Array(order.prefix(samples)) }
    var failure: DatasetError?
    // Criteria that use only weights read no image.
    var (isRead, seen) = (false, 0)
    let isCancelled = { [interruption] in interruption.isRequested }
    let input = ScoringData(seed: seed, epoch: epoch, group: group, isCancelled: isCancelled) {
      isRead = true
      let loader = BatchLoader(
        set: data, order: order, batchSize: spec.train.batchSize, augment: spec.dataset.augment,
        normalize: spec.dataset.normalize, seed: seed ^ Self.orderSalt, epoch: epoch,
        startBatch: group.rank, step: group.count)
      return AnyIterator {
        // A failed pass ends early, and its results are discarded.
        do throws(DatasetError) {
          if !isCancelled(), let batch = try loader.next() {
            seen += batch.count
            return (batch.images, batch.labels)
          }
        } catch {
          failure = error
        }
        return nil
      }
    }
    let scores = Self.scores(of: network, by: spec.prune, on: input)
    let hasImages = group.any(seen > 0)
    if let failure { throw .data(failure) }
    // Each process has to decide the same.
    guard hasImages || !isRead || group.any(interruption.isRequested) else {
      throw .training(.noImages(part: "training"))
    }
    return scores
  }

  /// Scores by the criterion of `prune`, or by feature relevance without `prune`.
  static func scores(of network: Network, by prune: PruneSpec?, on data: ScoringData) -> [String: [Double]] {
    let criterion =
      prune.flatMap { CriterionRegistry.make($0.criterion, options: $0.options) }
      ?? FeatureRelevance(options: [:])
    let scores = normalizedByLayer(criterion.importance(of: network, on: data))
    return network.structure.groupScores(scores)
  }

  /// Salt for the random order, so that scoring does not use the same crops as the epoch before it.
  private static let orderSalt: UInt64 = 0x5C0_7E5
}
