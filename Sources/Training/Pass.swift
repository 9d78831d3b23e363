import Compute
import Datasets
import Network
import Specification

extension Trainer {
  /// Where a pass stands: everything besides the network that its next steps, and its mean values, depend on.
  public struct Progress: Codable, Equatable, Sendable {
    /// Number of steps that are done.
    public var steps = 0
    /// Sum over images.
    public var lossSum = 0.0
    public var hits = Hits()

    public init() {}

    /// Mean over the images so far, while the network was changing.
    public var loss: Double { lossSum / Double(max(1, hits.images)) }
    /// Percent, likewise.
    public var top1: Double { hits.top1Accuracy }
    public var images: Int { hits.images }
  }

  /// An epoch in progress.
  public struct Pass {
    public private(set) var progress: Progress
    /// Number of steps of the whole epoch.
    public let stepCount: Int
    /// At the epoch's first step.
    public let learningRate: Double
    private let trainer: Trainer
    private let epoch: Int
    private let loader: BatchLoader

    init(_ trainer: Trainer, _ images: ImageSet, epoch: Int, progress: Progress) {
      self.trainer = trainer
      self.epoch = epoch
      self.progress = progress
      loader = BatchLoader(
        set: images,
        order: BatchLoader.shuffledOrder(count: images.count, seed: trainer.seed, epoch: epoch),
        batchSize: trainer.spec.batchSize, augment: trainer.augment, normalize: trainer.normalize,
        seed: trainer.seed, epoch: epoch, startBatch: progress.steps)
      stepCount = loader.batchCount
      learningRate = trainer.learningRate(epoch: epoch)
    }

    /// Moves the network by one batch; false when the epoch is over.
    ///
    /// - Throws: `TrainingError.diverged` when the loss is not finite, `.data` when an image cannot be read: the
    ///   parameters are then those before the step. When the epoch is over, `.tensorDiverged` if its last step has left
    ///   something that is not finite, which no further loss would show.
    public mutating func step(_ network: Network) throws(TrainingError) -> Bool {
      guard let batch = try nextBatch() else {
        if let tensor = network.firstNonFiniteTensor {
          throw .tensorDiverged(epoch: epoch + 1, tensor: tensor)
        }
        return false
      }
      let number = progress.steps
      guard batch.count > 0 else {
        // All of its pictures are damaged.
        progress.steps += 1
        return true
      }
      let dropout = RandomStream(seed: trainer.seed, purpose: .dropout, epoch: epoch, index: number)
      let pass = network.train(batch.images, dropout: dropout)
      let result = trainer.loss(pass.logits, labels: batch.labels)
      guard result.loss.isFinite else {
        throw .diverged(
          epoch: epoch + 1, step: number + 1, loss: "\(result.loss)", layer: network.firstNonFiniteLayer(pass)
        )
      }
      progress.hits.count(pass.logits, labels: batch.labels)
      network.backward(pass, result.gradient)
      let share = Double(number) / Double(stepCount)
      trainer.optimizer.step(network, learningRate: trainer.learningRate(epoch: epoch, progress: share))
      progress.steps += 1
      progress.lossSum += result.loss * Double(batch.count)
      return true
    }

    private func nextBatch() throws(TrainingError) -> ImageBatch? {
      do { return try loader.next() } catch { throw .data(error) }
    }
  }
}
