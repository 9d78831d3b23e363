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
  /// Wall time within an epoch after which its state is saved.
  var checkpointInterval: Duration = .seconds(120)
  let interruption: Interruption
  let progress: ProgressPrinter

  /// A trained network and its history.
  struct Outcome {
    var network: Network
    var record: TrainingRecord
    /// Not counting those before the checkpoint that it went on from.
    var trainedEpochs: Int
  }

  /// Trains to the end, saving a checkpoint after every epoch, in the middle of long ones, and when asked to stop.
  func run(fresh: Bool) throws(RunError) -> Outcome {
    DurableFile.removeLeftovers(in: checkpoints.folder)
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
      if interruption.isRequested { throw .training(.interrupted) }
      try trainEpoch(network, trainer, variant == .pruned ? schedule : nil, &record)
      try checkpoints.save(network, key: key, record: record)
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
    _ network: Network, _ trainer: Trainer, _ schedule: PruningSchedule?, _ record: inout TrainingRecord
  ) throws(RunError) {
    let epoch = record.epochs.count
    let trained = try trainSteps(network, trainer, &record)
    let pruningStart = ContinuousClock.now
    if let schedule, schedule.epochs.contains(epoch + 1) {
      guard let step = prune(network, schedule, after: epoch + 1) else {
        try checkpoints.save(network, key: key, record: record)
        throw .training(.interrupted)
      }
      record.pruningSteps.append(step)
    }
    let pruningSeconds = seconds(since: pruningStart)
    let evaluationStart = ContinuousClock.now
    let isLast = epoch + 1 == spec.train.epochs
    let evaluation = (epoch + 1) % spec.evaluate.every == 0 || isLast ? evaluate(network) : nil
    let cost = network.cost()
    let entry = TrainingRecord.EpochRecord(
      epoch: epoch + 1, learningRate: trained.learningRate, trainLoss: trained.progress.loss,
      trainTop1: trained.progress.top1, testLoss: evaluation?.loss, testTop1: evaluation?.top1,
      testTop5: evaluation?.top5, channels: network.prunableChannels, parameters: cost.parameters,
      macs: cost.macs, trainSeconds: record.current?.seconds ?? 0,
      evaluationSeconds: seconds(since: evaluationStart), pruningSeconds: pruningSeconds,
      images: trained.progress.images, trainJoules: record.current?.joules)
    record.epochs.append(entry)
    record.current = nil
    progress.show(
      .epochEnded(
        entry.report, epochs: spec.train.epochs, seconds: entry.trainSeconds,
        imagesPerSecond: entry.imagesPerSecond))
  }

  /// The steps of the epoch in progress, or of a new one; `record.current` is where it stands.
  private func trainSteps(
    _ network: Network, _ trainer: Trainer, _ record: inout TrainingRecord
  ) throws(RunError) -> Trainer.Pass {
    let start = ContinuousClock.now
    let before = record.current ?? TrainingRecord.PartialEpoch()
    var energy = EnergyMeter()
    let size = (channels: network.prunableChannels, macs: network.cost().macs)
    var saved = start
    var pass = trainer.pass(over: data.train, epoch: record.epochs.count, from: before.progress)
    while try step(&pass, network) {
      energy?.sample()
      let partial = before.advanced(
        to: pass.progress, seconds: seconds(since: start), joules: energy?.joules())
      record.current = partial
      report(partial, of: pass, epoch: record.epochs.count, size)
      let isAsked = interruption.isRequested
      guard isAsked || ContinuousClock.now - saved >= checkpointInterval else { continue }
      try checkpoints.save(network, key: key, record: record)
      if isAsked { throw .training(.interrupted) }
      saved = .now
    }
    return pass
  }

  private func step(_ pass: inout Trainer.Pass, _ network: Network) throws(RunError) -> Bool {
    do { return try pass.step(network) } catch { throw .training(error) }
  }

  private func report(
    _ partial: TrainingRecord.PartialEpoch, of pass: Trainer.Pass, epoch: Int,
    _ size: (channels: Int, macs: Int)
  ) {
    let share = Double(partial.progress.steps) / Double(pass.stepCount)
    let epochsLeft = Double(spec.train.epochs - epoch) - share
    progress.show(
      .step(
        StepProgress(
          epoch: epoch + 1, epochs: spec.train.epochs, step: partial.progress.steps, steps: pass.stepCount,
          loss: partial.progress.loss, accuracy: partial.progress.top1, channels: size.channels,
          macs: size.macs, imagesPerSecond: Double(partial.progress.images) / partial.seconds,
          secondsToGo: partial.seconds / share * epochsLeft)))
  }

  private func evaluate(_ network: Network) -> Evaluation {
    Evaluation(
      of: network, on: data.test, normalize: spec.dataset.normalize, batchSize: spec.train.batchSize)
  }

  // MARK: Pruning

  /// Nil, and nothing is removed, when asked to stop while the channels are scored.
  private func prune(
    _ network: Network, _ schedule: PruningSchedule, after epoch: Int
  ) -> TrainingRecord.PruningRecord? {
    let before = size(network)
    let scoring = Scoring(spec: spec, data: data.train, seed: seed, interruption: interruption)
    let scores = scoring.scores(of: network, epoch: epoch)
    if interruption.isRequested { return nil }
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
