import Compute
import Datasets
import MessagePassing
import Specification

/// Trains a network, an epoch at a time.
///
///     var run = trainer.epochRun(over: data.train, epoch: 0)
///     while try run.step(network) { print(run.progress.loss) }
///
/// An epoch can be interrupted after any step and resumed later, also by another process, from the
/// run's `progress` and a checkpoint of the network: every step depends only on the network and the
/// index of the step.
public struct Trainer: Sendable {
  let spec: TrainSpec
  let augment: AugmentSpec
  let normalize: NormalizeSpec
  let seed: UInt64
  let learningRate: LearningRate
  let loss: CrossEntropy
  let optimizer: StochasticGradientDescent
  let precision: Precision
  let group: ProcessGroup

  /// - Parameters:
  ///   - fineTune: the epochs after those of `spec`
  ///   - group: processes that train the network together, each a part of the shards
  public init(
    _ spec: TrainSpec, dataset: DatasetSpec, seed: UInt64, fineTune: PruneSpec.FineTuneSpec? = nil,
    group: ProcessGroup = .alone
  ) {
    self.spec = spec
    self.group = group
    self.seed = seed
    augment = dataset.augment
    normalize = dataset.normalize
    learningRate = LearningRate(spec, fineTune: fineTune)
    loss = CrossEntropy(labelSmoothing: spec.labelSmoothing)
    optimizer = StochasticGradientDescent(spec.optimizer)
    precision = Precision(spec.precision)
  }

  /// An epoch over the whole set in a new random order; the last batch may be smaller.
  ///
  /// - Parameters:
  ///   - epoch: 0-based.
  ///   - progress: the progress of an earlier run of this epoch, to resume from.
  public func epochRun(over images: ImageSet, epoch: Int, from progress: Progress = Progress()) -> EpochRun {
    EpochRun(self, images, epoch: epoch, progress: progress)
  }
}
