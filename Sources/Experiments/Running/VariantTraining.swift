import Architectures
import Compute
import Datasets
import Foundation
import Network
import Pruning
import Reports
import Specification
import TensorFiles
import Training

/// One training, from the first epoch or the newest checkpoint to the last epoch.
struct VariantTraining {
  let spec: ExperimentSpec
  let variant: Variant
  let seed: UInt64
  let data: Dataset
  let engine: Engine
  let checkpoints: CheckpointStore
  let key: StageKey
  let interruption: Interruption
  let progress: ProgressPrinter

  /// A trained network and its history.
  struct Outcome {
    var network: Network
    var record: TrainingRecord
    /// Not counting those before the checkpoint that it went on from.
    var trainedEpochs: Int
  }

  /// Trains to the end, saving a checkpoint after every epoch.
  func run(fresh: Bool) throws(RunError) -> Outcome {
    if fresh { checkpoints.clear() }
    let network = try initialNetwork()
    var record = try resume(network)
    let finished = record.epochs.count
    let schedule = spec.prune.map { PruningSchedule($0, epochs: spec.train.epochs) }
    let trainer = Trainer(spec.train, dataset: spec.dataset, seed: seed)
    progress.show(
      .runStarted(
        experiment: spec.name, variant: variant.rawValue, seed: seed, epochs: spec.train.epochs,
        finished: finished))
    while record.epochs.count < spec.train.epochs {
      let epoch = record.epochs.count
      try trainEpoch(epoch, network, trainer, variant == .pruned ? schedule : nil, &record)
      try checkpoints.save(network, key: key, record: record)
      if interruption.isRequested && record.epochs.count < spec.train.epochs {
        throw .training(.interrupted)
      }
    }
    return Outcome(network: network, record: record, trainedEpochs: record.epochs.count - finished)
  }

  // MARK: Beginning

  /// With the seed's random weights, or those that the experiment starts from.
  private func initialNetwork() throws(RunError) -> Network {
    guard let network = ArchitectureRegistry.build(spec.architecture, seed: seed, engine: engine) else {
      throw .storage("\(spec.architecture.name): no such architecture")
    }
    if let path = spec.architecture.weights {
      do { try network.load(contentsOf: path) } catch { throw .model(error) }
    }
    return network
  }

  private func resume(_ network: Network) throws(RunError) -> TrainingRecord {
    let (restored, warnings) = checkpoints.newest(key)
    for warning in warnings { progress.show(.message("warning: " + warning)) }
    guard let restored else { return TrainingRecord() }
    do {
      try Checkpoint.restore(network, from: restored.file, path: restored.path)
    } catch {
      throw .model(error)
    }
    return restored.record
  }

  // MARK: An epoch

  private func trainEpoch(
    _ epoch: Int, _ network: Network, _ trainer: Trainer, _ schedule: PruningSchedule?,
    _ record: inout TrainingRecord
  ) throws(RunError) {
    let start = ContinuousClock.now
    var energy = EnergyMeter()
    let size = (channels: network.prunableChannels, macs: network.cost().macs)
    let trained: Trainer.Epoch
    do {
      trained = try trainer.train(network, on: data.train, epoch: epoch) { step in
        report(step, epoch: epoch, size, since: start)
        energy?.sample()
        return !interruption.isRequested
      }
    } catch {
      throw .training(error)
    }
    let trainSeconds = seconds(since: start)
    let trainJoules = energy?.joules()
    let pruningStart = ContinuousClock.now
    if let schedule, schedule.epochs.contains(epoch + 1) {
      record.pruningSteps.append(prune(network, schedule, after: epoch + 1))
    }
    let pruningSeconds = seconds(since: pruningStart)
    let evaluationStart = ContinuousClock.now
    let isLast = epoch + 1 == spec.train.epochs
    let evaluation = (epoch + 1) % spec.evaluate.every == 0 || isLast ? evaluate(network) : nil
    let cost = network.cost()
    let entry = TrainingRecord.EpochRecord(
      epoch: epoch + 1, learningRate: trained.learningRate, trainLoss: trained.loss, trainTop1: trained.top1,
      testLoss: evaluation?.loss, testTop1: evaluation?.top1, testTop5: evaluation?.top5,
      channels: network.prunableChannels, parameters: cost.parameters, macs: cost.macs,
      trainSeconds: trainSeconds, evaluationSeconds: seconds(since: evaluationStart),
      pruningSeconds: pruningSeconds, images: trained.images, trainJoules: trainJoules)
    record.epochs.append(entry)
    progress.show(
      .epochEnded(
        entry.report, epochs: spec.train.epochs, seconds: trainSeconds, imagesPerSecond: entry.imagesPerSecond
      ))
  }

  private func report(
    _ step: Trainer.Step, epoch: Int, _ size: (channels: Int, macs: Int), since start: ContinuousClock.Instant
  ) {
    let elapsed = seconds(since: start)
    let share = Double(step.number) / Double(step.steps)
    let epochsLeft = Double(spec.train.epochs - epoch) - share
    progress.show(
      .step(
        StepProgress(
          epoch: epoch + 1, epochs: spec.train.epochs, step: step.number, steps: step.steps, loss: step.loss,
          accuracy: step.top1, channels: size.channels, macs: size.macs,
          imagesPerSecond: Double(step.images) / elapsed, secondsToGo: elapsed / share * epochsLeft)))
  }

  private func evaluate(_ network: Network) -> Evaluation {
    Evaluation(
      of: network, on: data.test, normalize: spec.dataset.normalize, batchSize: spec.train.batchSize)
  }

  // MARK: Pruning

  private func prune(
    _ network: Network, _ schedule: PruningSchedule, after epoch: Int
  ) -> TrainingRecord.PruningRecord {
    let before = size(network)
    let scores = Scoring(spec: spec, data: data.train, seed: seed).scores(of: network, epoch: epoch)
    let removals = schedule.removals(after: epoch, network: network, scores: scores)
    network.remove(channels: removals)
    let after = size(network)
    let removed = network.channelGroups.compactMap { group in
      removals[group.name].map { PruningProgress.Removal(layer: group.name, channels: $0.count) }
    }
    progress.show(.pruned(PruningProgress(epoch: epoch, removed: removed, before: before, after: after)))
    return TrainingRecord.PruningRecord(
      epoch: epoch, removed: removals.mapValues { $0.sorted() }, channels: after.channels,
      parameters: after.parameters, macs: after.macs)
  }

  private func size(_ network: Network) -> PruningProgress.Size {
    let cost = network.cost()
    return PruningProgress.Size(
      channels: network.prunableChannels, parameters: cost.parameters, macs: cost.macs)
  }
}

func seconds(since start: ContinuousClock.Instant) -> Double {
  let elapsed = ContinuousClock.now - start
  return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
}
