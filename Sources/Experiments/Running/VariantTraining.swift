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
  /// The baseline's training, which one that prunes in one shot goes on from.
  var beginning: (checkpoints: CheckpointStore, key: StageKey)?
  /// Wall time within an epoch after which its state is saved.
  var checkpointInterval: Duration = .seconds(120)
  /// Whether the process does nothing else meanwhile, so that its processor time is the training's.
  var ownsProcess = false
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
    let trainer = Trainer(
      spec.train, dataset: spec.dataset, seed: seed,
      fineTune: variant == .pruned ? spec.prune?.fineTune : nil)
    progress.show(
      .runStarted(
        experiment: spec.name, variant: variant.rawValue, seed: seed, epochs: epochs, finished: finished))
    if finished == 0, record.current == nil { try takeOver(network, &record) }
    while record.epochs.count < epochs {
      if interruption.isRequested { throw .training(.interrupted) }
      try trainEpoch(network, trainer, &record)
      try checkpoints.save(network, key: key, record: record)
    }
    return Outcome(network: network, record: record, trainedEpochs: record.epochs.count - finished)
  }

  private var epochs: Int { spec.epochs(variant) }

  private var schedule: PruningSchedule? {
    variant == .pruned ? spec.prune.map { PruningSchedule($0, epochs: spec.train.epochs) } : nil
  }

  // MARK: Beginning

  /// With the seed's random weights, or those that the experiment starts from.
  private func initialNetwork() throws(RunError) -> Network {
    guard let network = spec.build(seed: seed, engine: engine) else {
      throw .storage("\(spec.architecture.name): no such architecture")
    }
    do { try spec.loadStart(network) } catch { throw .model(error) }
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

  /// Begins with the baseline's training where that is finished: pruning in one shot comes after the same epochs, and the
  /// bits are those of training them again.
  private func takeOver(_ network: Network, _ record: inout TrainingRecord) throws(RunError) {
    guard let beginning, let restored = beginning.checkpoints.newest(beginning.key).restored,
      restored.record.epochs.count == spec.train.epochs, let last = restored.record.epochs.last
    else { return }
    do {
      try Checkpoint.restore(network, from: restored.file, path: restored.path)
    } catch {
      throw .model(error)
    }
    record = restored.record
    record.epochs.removeLast()
    try finishEpoch(last, network, &record)
    try checkpoints.save(network, key: key, record: record)
  }

  // MARK: An epoch

  private func trainEpoch(
    _ network: Network, _ trainer: Trainer, _ record: inout TrainingRecord
  ) throws(RunError) {
    let trained = try trainSteps(network, trainer, &record)
    let usage = record.current?.usage ?? Usage()
    let entry = TrainingRecord.EpochRecord(
      epoch: record.epochs.count + 1, learningRate: trained.learningRate, trainLoss: trained.progress.loss,
      trainTop1: trained.progress.top1, trainSeconds: usage.seconds, trainCPUSeconds: usage.cpuSeconds,
      images: trained.progress.images, trainJoules: usage.joules)
    try finishEpoch(entry, network, &record)
  }

  /// Prunes and evaluates after an epoch's steps where that is due.
  ///
  /// - Parameter trained: what the steps gave.
  private func finishEpoch(
    _ trained: TrainingRecord.EpochRecord, _ network: Network, _ record: inout TrainingRecord
  ) throws(RunError) {
    var entry = trained
    var meter = UsageMeter(ownsProcess: ownsProcess)
    if let schedule, schedule.epochs.contains(entry.epoch) {
      guard let step = try prune(network, schedule, after: entry.epoch) else {
        if record.current != nil { try checkpoints.save(network, key: key, record: record) }
        throw .training(.interrupted)
      }
      record.pruningSteps.append(step)
    }
    let pruning = meter.usage()
    (entry.pruningSeconds, entry.pruningCPUSeconds) = (pruning.seconds, pruning.cpuSeconds)
    meter = UsageMeter(ownsProcess: ownsProcess)
    let isDue = entry.epoch % spec.evaluate.every == 0 || entry.epoch == epochs
    if isDue { entry.evaluate(try evaluate(network, after: entry.epoch)) }
    let evaluation = meter.usage()
    (entry.evaluationSeconds, entry.evaluationCPUSeconds) = (evaluation.seconds, evaluation.cpuSeconds)
    warnOfDamagedPictures()
    entry.measure(network)
    record.epochs.append(entry)
    record.current = nil
    progress.show(
      .epochEnded(
        entry.report, epochs: epochs, seconds: entry.trainSeconds, imagesPerSecond: entry.imagesPerSecond))
  }

  /// - Throws: `TrainingError.evaluationDiverged` after the last epoch; an earlier one may be followed by better ones.
  private func evaluate(_ network: Network, after epoch: Int) throws(RunError) -> Evaluation {
    let evaluation = try spec.evaluation(of: network, on: data.test)
    guard evaluation.loss == nil else { return evaluation }
    if epoch == epochs { throw .training(.evaluationDiverged(epoch: epoch)) }
    progress.show(.message("warning: the loss of the test images is not finite after epoch \(epoch)"))
    return evaluation
  }

  /// The steps of the epoch in progress, or of a new one; `record.current` is where it stands.
  private func trainSteps(
    _ network: Network, _ trainer: Trainer, _ record: inout TrainingRecord
  ) throws(RunError) -> Trainer.Pass {
    var before = record.current ?? TrainingRecord.PartialEpoch()
    let size = (channels: network.prunableChannels, macs: network.cost().macs)
    var saved = ContinuousClock.now
    var meter = UsageMeter(ownsProcess: ownsProcess)
    var pass = trainer.pass(over: data.train, epoch: record.epochs.count, from: before.progress)
    while try step(&pass, network) {
      meter.sample()
      let partial = before.advanced(to: pass.progress, by: meter.usage())
      record.current = partial
      report(partial, of: pass, epoch: record.epochs.count, size)
      let isAsked = interruption.isRequested
      guard isAsked || ContinuousClock.now - saved >= checkpointInterval else { continue }
      try checkpoints.save(network, key: key, record: record)
      if isAsked { throw .training(.interrupted) }
      // Saving is not training: what comes after it is measured anew.
      saved = .now
      (before, meter) = (partial, UsageMeter(ownsProcess: ownsProcess))
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
    let epochsLeft = Double(epochs - epoch) - share
    progress.show(
      .step(
        StepProgress(
          epoch: epoch + 1, epochs: epochs, step: partial.progress.steps, steps: pass.stepCount,
          loss: partial.progress.loss, accuracy: partial.progress.top1, channels: size.channels,
          macs: size.macs, imagesPerSecond: Double(partial.progress.images) / partial.seconds,
          secondsToGo: partial.seconds / share * epochsLeft)))
  }

  /// Names the pictures that have been left out since the last time, or some of them.
  private func warnOfDamagedPictures() {
    for damaged in [data.train.damaged, data.test.damaged].compactMap({ $0 }) {
      let new = damaged.takeNew()
      for picture in new.prefix(Self.picturesNamed) {
        progress.show(.message("warning: \(picture.name): left out: \(picture.problem)"))
      }
      if new.count > Self.picturesNamed {
        progress.show(
          .message("warning: \(new.count - Self.picturesNamed) more damaged pictures are left out"))
      }
    }
  }

  /// At most, in an epoch.
  private static let picturesNamed = 10

  // MARK: Pruning

  /// Nil, and nothing is removed, when asked to stop while the channels are scored.
  private func prune(
    _ network: Network, _ schedule: PruningSchedule, after epoch: Int
  ) throws(RunError) -> TrainingRecord.PruningRecord? {
    let before = size(network)
    let scoring = Scoring(spec: spec, data: data.train, seed: seed, interruption: interruption)
    let scores = try scoring.scores(of: network, epoch: epoch)
    if interruption.isRequested { return nil }
    let removals = schedule.removals(after: epoch, graph: network.structure, scores: scores)
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
