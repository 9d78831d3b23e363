import Compute
import Datasets
import MessagePassing
import Network
import Specification

/// Accuracy and loss of a network on a set of images, with running statistics and without
/// augmentation.
public struct Evaluation: Equatable, Sendable {
  /// Images that could be decoded.
  public var images: Int
  /// Mean cross entropy, without label smoothing; nil if it, or a logit, is not finite.
  public var loss: Double?
  /// Percent.
  public var top1: Double
  /// Percent.
  public var top5: Double

  /// - Parameters:
  ///   - precision: of the activations.
  ///   - group: processes that have the same network; each takes a part of the batches.
  ///   - isCancelled: asked before every batch; ends the evaluation, whose result is then invalid.
  /// - Throws: when an image cannot be read.
  public init(
    of network: Network, on images: ImageSet, normalize: NormalizeSpec, batchSize: Int,
    precision: Precision, group: ProcessGroup = .alone, isCancelled: () -> Bool = { false }
  ) throws(DatasetError) {
    let loader = BatchLoader(
      set: images, order: Array(0..<images.count), batchSize: batchSize, augment: nil, normalize: normalize,
      seed: 0, epoch: 0, startBatch: group.rank, step: group.count)
    let crossEntropy = CrossEntropy()
    var notes: [Double] = []
    while !isCancelled(), let batch = try loader.next() {
      var result = ShardResult(images: batch.count)
      // Otherwise all of its pictures are damaged.
      if batch.count > 0 {
        let logits = network.evaluate(batch.images, precision: precision)
        result.isFinite = logits.values.allSatisfy { $0.isFinite }
        result.loss = crossEntropy(logits, labels: batch.labels).loss
        result.hits.count(logits, labels: batch.labels)
      }
      notes += result.notes
    }
    var hits = Hits()
    var (lossSum, isFinite) = (0.0, true)
    // In the order of the batches, whichever process had them.
    for result in Self.results(notes, of: loader.batchCount, group) {
      isFinite = isFinite && result.isFinite
      lossSum += result.lossSum
      hits.add(result.hits)
    }
    isFinite = isFinite && lossSum.isFinite && hits.images > 0
    loss = isFinite ? lossSum / Double(hits.images) : nil
    self.images = hits.images
    top1 = hits.top1Accuracy
    top5 = hits.top5Accuracy
  }

  /// The results of all batches: process r had batches r, r + count, and so on.
  private static func results(_ notes: [Double], of batches: Int, _ group: ProcessGroup) -> [ShardResult] {
    let counts = (0..<group.count).map { (batches - $0 + group.count - 1) / group.count }
    // All processes expect as many, even of a cancelled evaluation.
    let missing = counts[group.rank] * ShardResult.noteCount - notes.count
    let all = ShardResult.results(
      group.gathered(
        notes + Array(repeating: 0, count: missing), counts: counts.map { $0 * ShardResult.noteCount })[...])
    let starts = counts.indices.map { counts[..<$0].reduce(0, +) }
    return (0..<batches).map { all[starts[$0 % group.count] + $0 / group.count] }
  }
}
