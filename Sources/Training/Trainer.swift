import Compute
import Datasets
import Foundation
import Network
import Specification

/// Trains a network, an epoch at a time.
public struct Trainer {
  /// What an epoch of training showed.
  public struct Epoch: Equatable, Sendable {
    /// Mean over the epoch's images, while the network was changing.
    public var loss: Double
    /// Percent, likewise.
    public var top1: Double
    /// At the epoch's first step.
    public var learningRate: Double
    public var images: Int
  }

  /// What a step tells whoever shows progress.
  public struct Step: Sendable {
    public var number: Int
    public var steps: Int
    /// Mean of the epoch so far.
    public var loss: Double
    public var top1: Double
    public var images: Int
  }

  private let spec: TrainSpec
  private let augment: AugmentSpec
  private let normalize: NormalizeSpec
  private let seed: UInt64
  private let learningRate: LearningRate
  private let loss: CrossEntropy
  private let optimizer: StochasticGradientDescent

  public init(_ spec: TrainSpec, dataset: DatasetSpec, seed: UInt64) {
    self.spec = spec
    self.seed = seed
    augment = dataset.augment
    normalize = dataset.normalize
    learningRate = LearningRate(spec)
    loss = CrossEntropy(labelSmoothing: spec.labelSmoothing)
    optimizer = StochasticGradientDescent(spec.optimizer)
  }

  /// One epoch over the whole set in a new random order; the last batch may be smaller.
  ///
  /// - Parameters:
  ///   - epoch: 0-based.
  ///   - observe: told after every step; returns false to interrupt.
  /// - Throws: `TrainingError.diverged` when a loss is not finite: the parameters are then those before that step.
  public func train(
    _ network: Network, on images: ImageSet, epoch: Int, observe: (Step) -> Bool = { _ in true }
  ) throws(TrainingError) -> Epoch {
    let order = BatchLoader.shuffledOrder(count: images.count, seed: seed, epoch: epoch)
    let loader = BatchLoader(
      set: images, order: order, batchSize: spec.batchSize, augment: augment, normalize: normalize,
      seed: seed,
      epoch: epoch)
    let steps = (images.count + spec.batchSize - 1) / spec.batchSize
    var lossSum = 0.0
    var hits = Hits()
    var step = 0
    while let batch = loader.next() {
      let rate = learningRate(epoch: epoch, progress: Double(step) / Double(steps))
      let (value, logits) = try self.step(network, batch, epoch: epoch, step: step, learningRate: rate)
      lossSum += value * Double(batch.count)
      hits.count(logits, labels: batch.labels)
      step += 1
      let told = Step(
        number: step, steps: steps, loss: lossSum / Double(hits.images), top1: hits.top1Accuracy,
        images: hits.images)
      guard observe(told) else { throw .interrupted }
    }
    return Epoch(
      loss: lossSum / Double(max(1, hits.images)), top1: hits.top1Accuracy,
      learningRate: learningRate(epoch: epoch),
      images: hits.images)
  }

  private func step(
    _ network: Network, _ batch: Batch, epoch: Int, step: Int, learningRate: Double
  ) throws(TrainingError) -> (loss: Double, logits: Tensor) {
    let dropout = RandomStream(seed: seed, purpose: .dropout, epoch: epoch, index: step)
    let logits = network.forward(batch.images, count: batch.count, pass: .training, dropout: dropout)
    let result = loss(logits, labels: batch.labels)
    guard result.loss.isFinite else {
      throw .diverged(
        epoch: epoch + 1, step: step + 1, loss: "\(result.loss)", layer: network.firstNonFiniteLayer())
    }
    network.backward(result.gradient)
    optimizer.step(network, learningRate: learningRate)
    return (result.loss, logits)
  }
}
