import Compute
import Datasets
import Network
import Specification

/// How a network does on a set of images, with running statistics and without augmentation.
public struct Evaluation: Equatable, Sendable {
  /// Mean cross entropy, without label smoothing; nil where it, or a logit, is not finite.
  public var loss: Double?
  /// Percent.
  public var top1: Double
  /// Percent.
  public var top5: Double

  /// - Throws: when an image cannot be read.
  public init(
    of network: Network, on images: ImageSet, normalize: NormalizeSpec, batchSize: Int
  ) throws(DatasetError) {
    let loader = BatchLoader(
      set: images, order: Array(0..<images.count), batchSize: batchSize, augment: nil, normalize: normalize,
      seed: 0, epoch: 0)
    let crossEntropy = CrossEntropy()
    var hits = Hits()
    var (lossSum, isFinite) = (0.0, true)
    while let batch = try loader.next() {
      // All of its pictures are damaged.
      if batch.count == 0 { continue }
      let logits = network.evaluate(batch.images)
      isFinite = isFinite && logits.values.allSatisfy { $0.isFinite }
      lossSum += crossEntropy(logits, labels: batch.labels).loss * Double(batch.count)
      hits.count(logits, labels: batch.labels)
    }
    isFinite = isFinite && lossSum.isFinite && hits.images > 0
    loss = isFinite ? lossSum / Double(hits.images) : nil
    top1 = hits.top1Accuracy
    top5 = hits.top5Accuracy
  }
}
