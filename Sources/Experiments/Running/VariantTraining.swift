import Architectures
import Compute
import Datasets
import Foundation
import MessagePassing
import Network
import Pruning
import Reports
import Specification
import TensorFiles
import Training

/// One training, from the first epoch or the newest checkpoint to the last epoch.
struct VariantTraining {
  let stage: TrainingStage
  let data: Dataset
  let engine: Engine
  let checkpoints: CheckpointStore
  /// Nil if it shares no epochs with others.
  var beginnings: SharedBeginnings?
  /// Scalars for TensorBoard; nil if they are not written to a results folder.
  var events: TensorBoardLog?
  /// Wall time between checkpoints within an epoch.
  var checkpointInterval: Duration = .seconds(120)
  /// Whether the process does nothing else, so that its processor time is that of the training.
  var ownsProcess = false
  let interruption: Interruption
  /// The lock of the checkpoints' folder, without which nothing is saved there; nil for a process
  /// that saves nothing.
  var lock: FolderLock?
  /// A process of the group other than the first one shows only warnings about its own pictures.
  let progress: ProgressPrinter
  /// The forecast of all trainings of the run; nil for a single training.
  var forecast: SuiteForecast?
  /// Processes that train together. Only the first one reads and writes files; see
  /// ``TrainingFollower``.
  var group = ProcessGroup.alone

  var spec: ExperimentSpec { stage.spec }
  var variant: Variant { stage.variant }
  var seed: UInt64 { stage.seed }
  var key: StageKey { stage.key }
  private var epochs: Int { stage.epochs }

  /// A trained network and its history.
  struct Outcome {
    var network: Network
    var record: TrainingRecord
    /// Epochs trained by this process, without those before the checkpoint from which it resumed.
    var trainedEpochs: Int
  }

  /// Trains to the end, and saves a checkpoint after every epoch, within long epochs, and when
  /// asked to stop.
  ///
  /// - Parameter showsDone: whether a training that is done already is shown
  func run(fresh: Bool, showsDone: Bool = true) throws(RunError) -> Outcome {
    DurableFile.removeLeftovers(in: checkpoints.folder)
    if fresh { checkpoints.clear() }
    let network = try initialNetwork()
    var record = try resume(network)
    let isNew = record.epochs.isEmpty && record.current == nil
    if isNew { try checkStart() }
    let taken = isNew ? try takeBeginning(network, &record) : nil
    let finished = record.epochs.count
    if showsDone || finished < epochs {
      show(
        .runStarted(
          stage.name, epochs: epochs, finished: finished, suite: forecast?.begin(key, epochs: finished)))
    }
    if showsDone { repeatTargetWarning(network.structure, finished: finished) }
    if taken != nil || finished < epochs { record.begin(in: .current(engine, spec)) }
    if let taken {
      // The other processes do not take part yet.
      var alone = self
      alone.group = .alone
      try alone.finishEpoch(taken, network, &record)
      try alone.save(network, record)
    }
    try events?.write(record, withoutChannels: network.structure.excludedChannels(by: spec.prune))
    if record.epochs.count < epochs {
      try lead(network, record)
      try train(network, &record)
    }
    return Outcome(network: network, record: record, trainedEpochs: record.epochs.count - finished)
  }

  /// Trains from the end of a record on.
  func train(_ network: Network, _ record: inout TrainingRecord) throws(RunError) {
    let trainer = Trainer(
      spec.train, dataset: spec.dataset, seed: seed,
      fineTune: variant == .pruned ? spec.prune?.fineTune : nil, group: group)
    while record.epochs.count < epochs {
      if group.any(interruption.isRequested) { throw .training(.interrupted) }
      try trainEpoch(network, trainer, &record)
      try save(network, record)
    }
    // Then the end is not saved.
    if group.any(lock?.isLost ?? false) { throw .training(.interrupted) }
  }

  // MARK: Beginning

  /// The network with the random weights of the seed, or with the start weights of the experiment.
  func initialNetwork() throws(RunError) -> Network {
    do {
      let network = try spec.build(seed: seed, engine: engine)
      try spec.loadStart(network)
      return network
    } catch let error as ModelFileError {
      throw .model(error)
    } catch {
      throw .storage("\(error)")
    }
  }

  /// - Throws: if the files to start from have changed since they were part of the key, under which
  ///   the results would be kept.
  private func checkStart() throws(RunError) {
    guard try spec.startDigest() == stage.start else {
      throw .storage(
        "\(spec.architecture.weights ?? spec.architecture.onnx ?? spec.name): has changed since the run began; run "
          + "again to start from it as it is now")
    }
  }

  private func resume(_ network: Network) throws(RunError) -> TrainingRecord {
    try restore(network, checkpoints.newest(key)) ?? TrainingRecord()
  }

  /// Starts from the longest shared state of another training, if there is one.
  ///
  /// - Returns: the last epoch of that state, whose steps are done.
  private func takeBeginning(
    _ network: Network, _ record: inout TrainingRecord
  ) throws(RunError) -> TrainingRecord.EpochRecord? {
    guard let beginnings, let shared = try restore(network, beginnings.longest()) else { return nil }
    record = shared
    record.sharedEpochs = shared.epochs.count
    return record.epochs.popLast()
  }

  private func restore(
    _ network: Network, _ found: (restored: CheckpointStore.Restored?, warnings: [String])
  ) throws(RunError) -> TrainingRecord? {
    for warning in found.warnings { warn(warning) }
    guard let restored = found.restored else { return nil }
    do {
      try Checkpoint.restore(network, from: restored.file, path: restored.path)
    } catch {
      throw .model(error)
    }
    return restored.record
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
    try keepBeginning(network, record, entry)
    try finishEpoch(entry, network, &record)
  }

  /// Prunes and evaluates after the steps of an epoch if that is due.
  ///
  /// - Parameter trained: the result of the steps.
  private func finishEpoch(
    _ trained: TrainingRecord.EpochRecord, _ network: Network, _ record: inout TrainingRecord
  ) throws(RunError) {
    var entry = trained
    var meter = UsageMeter(ownsProcess: ownsProcess)
    if let schedule, schedule.epochs.contains(entry.epoch) {
      guard let step = try prune(network, schedule, after: entry.epoch) else {
        if record.current != nil { try save(network, record) }
        throw .training(.interrupted)
      }
      record.pruningSteps.append(step)
    }
    let pruning = meter.usage()
    (entry.pruningSeconds, entry.pruningCPUSeconds) = (pruning.seconds, pruning.cpuSeconds)
    meter = UsageMeter(ownsProcess: ownsProcess)
    let isDue = entry.epoch % spec.evaluate.every == 0 || entry.epoch == epochs
    // The last epoch of a shared state may have been evaluated by another training.
    do throws(RunError) { entry.evaluate(isDue ? try evaluate(network, after: entry.epoch) : nil) } catch {
      // The steps are kept, unless channels were removed since, which a resumed run does again.
      if error.isInterruption, record.current != nil, record.pruningSteps.last?.epoch != entry.epoch {
        try save(network, record)
      }
      throw error
    }
    let evaluation = meter.usage()
    (entry.evaluationSeconds, entry.evaluationCPUSeconds) = (evaluation.seconds, evaluation.cpuSeconds)
    warnOfDamagedPictures()
    entry.measure(network)
    record.epochs.append(entry)
    record.current = nil
    show(
      .epochEnded(
        entry.report(
          withoutChannels: network.structure.excludedChannels(by: spec.prune),
          metrics: spec.evaluate.metrics),
        epochs: epochs, seconds: entry.trainSeconds, imagesPerSecond: entry.imagesPerSecond,
        suite: forecast?.advance(key, epochs: entry.epoch)))
  }

  /// - Throws: `TrainingError.evaluationDiverged` after the last epoch only, since later epochs may
  ///   be better.
  private func evaluate(_ network: Network, after epoch: Int) throws(RunError) -> Evaluation {
    let evaluation = try self.evaluation(of: network)
    guard evaluation.loss == nil else { return evaluation }
    if epoch == epochs { throw .training(.evaluationDiverged(epoch: epoch)) }
    warn("the loss of the test images is not finite after epoch \(epoch)")
    return evaluation
  }

  /// The steps of the current epoch, or of a new one; `record.current` is its progress.
  private func trainSteps(
    _ network: Network, _ trainer: Trainer, _ record: inout TrainingRecord
  ) throws(RunError) -> Trainer.EpochRun {
    var before = record.current ?? TrainingRecord.PartialEpoch()
    let size = size(network)
    var saved = ContinuousClock.now
    var meter = UsageMeter(ownsProcess: ownsProcess)
    var run = trainer.epochRun(over: data.train, epoch: record.epochs.count, from: before.progress)
    while try step(&run, network) {
      meter.sample()
      let partial = before.advanced(to: run.progress, by: meter.usage())
      record.current = partial
      report(partial, of: run, epoch: record.epochs.count, size)
      let isAsked = group.count > 1 ? run.isAskedToStop : interruption.isRequested
      guard isAsked || ContinuousClock.now - saved >= checkpointInterval else { continue }
      try save(network, record)
      if isAsked { throw .training(.interrupted) }
      // Saving is not training: restart the measurement after it.
      saved = .now
      (before, meter) = (partial, UsageMeter(ownsProcess: ownsProcess))
    }
    return run
  }

  private func step(_ run: inout Trainer.EpochRun, _ network: Network) throws(RunError) -> Bool {
    do { return try run.step(network, isAskedToStop: interruption.isRequested) } catch {
      if case .data = error { try end(.training(error)) }
      throw .training(error)
    }
  }

  private func evaluation(of network: Network) throws(RunError) -> Evaluation {
    let precision = Precision(spec.evaluate.precision)
    do {
      return try spec.evaluation(
        of: network, on: data.test, precision: precision, group: group, interruption: interruption)
    } catch {
      // Other errors occur in every process.
      if case .data = error { try end(error) }
      throw error
    }
  }

  private func report(
    _ partial: TrainingRecord.PartialEpoch, of run: Trainer.EpochRun, epoch: Int,
    _ size: PruningProgress.Size
  ) {
    let share = Double(partial.progress.steps) / Double(run.stepCount)
    let epochsLeft = Double(epochs - epoch) - share
    show(
      .step(
        StepProgress(
          epoch: epoch + 1, epochs: epochs, step: partial.progress.steps, steps: run.stepCount,
          loss: partial.progress.loss, accuracy: partial.progress.top1, channels: size.channels,
          macs: size.macs, imagesPerSecond: Double(partial.progress.images) / partial.seconds,
          secondsToGo: partial.seconds / share * epochsLeft,
          suite: forecast?.advance(key, epochs: epoch, share: share))))
  }

  /// Shows, once, what all processes of the group know.
  func show(_ event: ProgressEvent) {
    if group.rank == 0 { progress.show(event) }
  }

  private func warning(_ text: String) -> ProgressEvent { .warning(text, of: stage.name) }

  /// Shows a warning once.
  func warn(_ text: String) { show(warning(text)) }

  /// Warns about pictures that have been left out since the last warning, and names some of them.
  /// Each process reads others.
  private func warnOfDamagedPictures() {
    for text in data.takeWarnings() { progress.show(warning(text)) }
  }
}
