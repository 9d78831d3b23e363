import Compute
import Datasets
import Foundation
import MessagePassing
import Reports
import Specification
import Synchronization
import TensorFiles
import Training

/// Runs experiments from data to report: load, train with pruning, evaluate, export, for every seed
/// and variant.
///
/// Trainings that several experiments share are done once, see ``StageCache``.
public struct ExperimentRunner: Sendable {
  private let engines: [Engine]
  private let results: String
  private let fresh: Bool
  private let failFast: Bool
  private let checkpointInterval: Duration
  private let commits: [String: GitState]
  private let group: ProcessGroup
  private let availableMemory: @Sendable () -> AvailableMemory?
  private let progress: ProgressPrinter
  /// Requested by the user.
  private let interruption: Interruption
  /// Requested by the user, or by a failure with `failFast`.
  private let stopping: Interruption
  private let cache: StageCache
  /// Whether the process does only one training at a time.
  private var ownsProcess: Bool { engines.count == 1 }

  /// - Parameters:
  ///   - engines: the engines; one training per engine runs at the same time.
  ///   - results: the results folder, which has a folder for each experiment.
  ///   - fresh: whether to start over instead of resuming from checkpoints.
  ///   - failFast: whether to stop everything when an experiment fails.
  ///   - checkpointInterval: wall time between checkpoints within an epoch, in addition to those
  ///     after every epoch.
  ///   - group: processes that do each training together; this is the first one, with one engine
  ///   - commits: the commits of the experiment files, by the names of the experiments.
  ///   - availableMemory: nil if it is unknown.
  public init(
    engines: [Engine], results: String, fresh: Bool = false, failFast: Bool = false,
    checkpointInterval: Duration = .seconds(120), commits: [String: GitState] = [:],
    group: ProcessGroup = .alone,
    availableMemory: @escaping @Sendable () -> AvailableMemory? = AvailableMemory.current,
    progress: ProgressPrinter, interruption: Interruption
  ) {
    self.engines = engines
    self.results = results
    self.fresh = fresh
    self.failFast = failFast
    self.checkpointInterval = checkpointInterval
    self.commits = commits
    self.group = group
    self.availableMemory = availableMemory
    self.progress = progress
    self.interruption = interruption
    stopping = Interruption(within: interruption)
    cache = StageCache(results: results)
  }

  /// Runs all unfinished trainings, and writes all reports. If an experiment fails, the others
  /// still run.
  ///
  /// - Parameter ended: called for every experiment when it ends, from any thread, one at a time.
  /// - Returns: the outcomes in the order of `specs`; checkpoints and results of finished trainings
  ///   always stay.
  public func run(
    _ specs: [ExperimentSpec], ended: @escaping @Sendable (ExperimentOutcome) -> Void = { _ in }
  ) -> [ExperimentOutcome] {
    let schedule = SuiteSchedule(
      specs, prepared: fitting(prepare(specs)), cache: cache, fresh: fresh
    ) { outcome, lock in
      markEarlier(outcome, owning: lock)
      ended(outcome)
    }
    work(schedule)
    return schedule.outcomes
  }

  /// Does the trainings of a shard, without reports, which a final run of the same experiments
  /// writes.
  ///
  /// - Parameter failed: called for every experiment of the shard that fails, from any thread, one
  ///   at a time.
  public func run(
    _ specs: [ExperimentSpec], shard: Shard,
    failed: @escaping @Sendable (ExperimentOutcome) -> Void = { _ in }
  ) -> ShardOutcome {
    guard let engine = engines.first else { return ShardOutcome(shard: shard) }
    let prepared = prepare(specs)
    let suite = ShardedSuite(specs, prepared: prepared, engine: engine)
    let share = suite.share(of: shard)
    let chosen = suite.experiments(with: share)
    // Only `cache prune` reads this before a final run writes it. If it fails, training will report
    // why.
    for case .success(let experiment) in chosen.map({ prepared[$0] }) {
      try? StageUse.write(experiment, to: folders(experiment.spec))
    }
    let schedule = SuiteSchedule(
      chosen.map { specs[$0] }, prepared: fitting(chosen.map { prepared[$0] }, share), cache: cache,
      share: share, fresh: fresh
    ) { outcome, _ in failed(outcome) }
    work(schedule)
    let trainings = schedule.trainings
    return ShardOutcome(
      shard: shard, trained: trainings.trained, cached: trainings.cached, left: trainings.left)
  }

  private func prepare(_ specs: [ExperimentSpec]) -> [Result<PreparedExperiment, RunError>] {
    guard let engine = engines.first else { return [] }
    var preparation = ExperimentPreparation(kernels: engine.kernels, threads: engine.threads)
    let prepared = preparation.prepare(specs)
    for warning in preparation.warnings { progress.show(.warning(warning)) }
    return prepared
  }

  /// Refuses experiments that do not fit into the available memory.
  ///
  /// - Parameter share: the only trainings to do, without latencies; nil for all
  private func fitting(
    _ prepared: [Result<PreparedExperiment, RunError>], _ share: Set<StageKey>? = nil
  ) -> [Result<PreparedExperiment, RunError>] {
    func left(_ experiment: PreparedExperiment) -> [StageKey] {
      experiment.stages.filter { share?.contains($0.key) ?? true && (fresh || !cache.isDone($0)) }.map(\.key)
    }
    var trainings: [StageKey: ExperimentSpec] = [:]
    for case .success(let experiment) in prepared {
      for key in left(experiment) { trainings[key] = experiment.spec }
    }
    let memory = SuiteMemory(
      jobs: engines.count, threads: engines.first?.threads ?? 1, group: group, available: availableMemory(),
      trainings: Array(trainings.values))
    return prepared.map { prepared in
      Result { () throws(RunError) in
        let experiment = try prepared.get()
        var spec = experiment.spec
        if share != nil { spec.evaluate.latencyBatchSizes = [] }
        let problem = memory.problem(of: spec, trains: !left(experiment).isEmpty)
        if let problem { throw .memory(problem) }
        return experiment
      }
    }
  }

  /// Paths of the page and of the report of an experiment.
  public func reportFiles(of spec: ExperimentSpec) -> (page: String, report: String) {
    (folders(spec).page, folders(spec).report)
  }

  private func folders(_ spec: ExperimentSpec) -> ResultFolders {
    ResultFolders(results: results, experiment: spec.name)
  }

  // MARK: Workers

  private func work(_ schedule: SuiteSchedule) {
    if fresh { discard(schedule) }
    concurrently(engines.count) { work(schedule, engines[$0]) }
  }

  /// Discards what earlier trainings have left, before another training begins with it. Experiments
  /// that cannot run end instead, before anything is discarded, since they may end the whole run.
  private func discard(_ schedule: SuiteSchedule) {
    func each(_ body: (Int) throws(RunError) -> Void) {
      for index in schedule.experiments.indices where !stopping.isRequested {
        do throws(RunError) { try body(index) } catch {
          schedule.end(index, .failure(error))
          failed(error)
        }
      }
    }
    each { index throws(RunError) in try schedule.check(index, lock: lock) }
    each { index throws(RunError) in
      try schedule.discard(index, stopping, announce: announce, lock: lock)
    }
  }

  /// Takes work from the schedule until nothing is left.
  private func work(_ schedule: SuiteSchedule, _ engine: Engine) {
    while !stopping.isRequested, let work = schedule.next() {
      switch work {
      case .wait: Thread.sleep(forTimeInterval: 0.2)
      case .train(let stage, let experiment, let index):
        if begin(index, experiment.spec, schedule, for: stage) {
          train(stage, experiment.data, schedule, engine)
        }
      case .finish(let experiment, let index):
        if begin(index, experiment.spec, schedule) { finish(experiment, index, schedule, engine) }
      }
    }
  }

  /// Whether this run owns the folder of the experiment.
  private func begin(
    _ index: Int, _ spec: ExperimentSpec, _ schedule: SuiteSchedule, for stage: TrainingStage? = nil
  ) -> Bool {
    do throws(RunError) {
      return try schedule.begin(index, for: stage) { experiment throws(RunError) in
        let folders = folders(spec)
        let lock = try lock(experiment.spec)
        try replace(folders, experiment.spec)
        try StageUse.write(experiment, to: folders)
        return lock
      }
    } catch {
      if case .inUse = error, let isNew = schedule.postpone(index, leaving: stage) {
        if isNew { announce("\(error); continuing with other experiments") }
        return false
      }
      schedule.end(index, .failure(error), leaving: stage)
      failed(error)
      return false
    }
  }

  /// Locks the folder of an experiment, whose results this run may then replace.
  private func lock(_ spec: ExperimentSpec) throws(RunError) -> FolderLock {
    let folders = folders(spec)
    let lock = try FolderLock(folders.state, interruption: stopping, announce: announce)
    try keepStart(of: spec, folders)
    return lock
  }

  /// - Throws: if the experiment starts from a model among the results that it would replace.
  private func keepStart(of spec: ExperimentSpec, _ folders: ResultFolders) throws(RunError) {
    func real(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path + "/" }
    for path in [spec.architecture.weights, spec.architecture.onnx].compactMap(\.self)
    where real(path).hasPrefix(real(folders.root)) {
      throw .storage(
        "\(path): the model to start from is one of the results that this run would replace; "
          + "expected another `name` of the experiment")
    }
  }

  /// Warns about results with other settings, which stay until this run is done.
  private func replace(_ folders: ResultFolders, _ spec: ExperimentSpec) throws(RunError) {
    guard let earlier = EarlierResults(in: folders) else { return }
    let changes = sentence(earlier.changes(to: spec))
    guard !changes.isEmpty else { return }
    progress.show(
      .warning("\(folders.root): replacing the results there, since settings have changed: \(changes)"))
    try earlier.mark(.interrupted, "a run with other settings has not ended (\(changes))")
  }

  private func announce(_ message: String) { progress.show(.message(message)) }

  private func train(
    _ stage: TrainingStage, _ data: Dataset, _ schedule: SuiteSchedule, _ engine: Engine
  ) {
    var lock: FolderLock?
    defer { withExtendedLifetime(lock) {} }
    do throws(RunError) {
      let own = try cache.lock(stage.key, stopping, announce: announce)
      lock = own
      try cache.describe(stage)
      let progress = printer(stage)
      defer { progress.end() }
      let isFirst = schedule.noteBeginning(of: stage)
      let training = VariantTraining(
        stage: stage, data: data, engine: engine, checkpoints: cache.checkpoints(stage.key),
        beginnings: schedule.beginnings(of: stage),
        events: TensorBoardLog(of: stage, in: folders(stage.spec)),
        checkpointInterval: checkpointInterval, ownsProcess: ownsProcess, interruption: own.interruption,
        lock: own, progress: progress, forecast: schedule.forecast, group: group)
      let outcome = try training.run(fresh: fresh && isFirst)
      schedule.finished(stage, trained: outcome.trainedEpochs > 0)
    } catch .inUse(_, let owner) {
      postpone(stage, owner, schedule)
    } catch .training(.interrupted) where lock?.isTakenOver == true && !stopping.isRequested {
      postpone(stage, "another process, which has taken it over,", schedule)
    } catch .training(.interrupted) where lock?.isLost == true && !stopping.isRequested {
      let problem = "its lock was removed; the training resumes from the checkpoints that are left"
      progress.show(.warning("\(cache.folder(stage.key)): \(problem)", of: stage.name))
      schedule.restart(stage)
    } catch .training(.interrupted) where group.count > 1 {
      // Another process of the group was asked to stop, so all stop.
      interruption.request()
      schedule.failed(stage, .training(.interrupted))
      failed(.training(.interrupted))
    } catch {
      schedule.failed(stage, error)
      failed(error)
    }
  }

  /// Shows the progress of a training, with its name if there are several at the same time.
  private func printer(_ stage: TrainingStage) -> ProgressPrinter {
    engines.count > 1
      ? progress.labelled("\(stage.spec.name) \(stage.variant.rawValue) \(stage.seed)") : progress
  }

  /// Postpones a training that another process owns.
  private func postpone(_ stage: TrainingStage, _ owner: String, _ schedule: SuiteSchedule) {
    guard schedule.postpone(stage) else { return Thread.sleep(forTimeInterval: 0.2) }
    progress.show(
      .message(
        "\(stage.name): \(owner) is training it; continuing with other trainings, or waiting"))
  }

  private func finish(
    _ experiment: PreparedExperiment, _ index: Int, _ schedule: SuiteSchedule, _ engine: Engine
  ) {
    do throws(RunError) {
      let folders = folders(experiment.spec)
      guard schedule.ownsFolder(index) else {
        throw .inUse(folder: folders.root, owner: "which has taken it over")
      }
      let finishing = ExperimentFinishing(
        experiment: experiment, engine: engine, cache: cache, folders: folders, ownsProcess: ownsProcess,
        commit: commits[experiment.spec.name], ranks: group.count, interruption: stopping,
        announce: announce, printer: printer)
      schedule.end(index, .success(try finishing.run()))
    } catch {
      schedule.end(index, .failure(error))
      failed(error)
    }
  }

  /// Marks the report in the folder of a failed run as that of an earlier run, unless another run
  /// is writing it, or has.
  ///
  /// - Parameter lock: the folder's, if this run has it.
  func markEarlier(_ outcome: ExperimentOutcome, owning lock: FolderLock? = nil) {
    let folders = folders(outcome.spec)
    guard let failure = outcome.failure, !failure.isInterruption else { return }
    if case .inUse = failure { return }
    if let lock, !lock.isOwned() { return }
    // Locking would make a folder where there is no report.
    guard FileManager.default.fileExists(atPath: folders.report),
      let lock = lock ?? (try? FolderLock(folders.state, interruption: stopping, announce: announce))
    else { return }
    defer { withExtendedLifetime(lock) {} }
    guard let earlier = EarlierResults(in: folders) else { return }
    do throws(RunError) { try earlier.mark(.failed, "the last run failed: \(failure)") } catch {
      progress.show(.warning("\(error)"))
    }
  }

  private func failed(_ error: RunError) {
    if failFast, !error.isInterruption { stopping.request() }
  }
}
