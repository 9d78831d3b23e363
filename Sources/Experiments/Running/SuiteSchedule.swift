import Foundation
import Reports
import Specification
import Synchronization

/// The schedule of a suite: pending, running and finished work. It is the only state that workers
/// share.
///
/// Each training comes once, in the order of the experiments that need it. When all trainings of an
/// experiment are done, finishing the experiment is a separate work item.
final class SuiteSchedule: Sendable {
  enum Work {
    case train(TrainingStage, PreparedExperiment, experiment: Int)
    case finish(PreparedExperiment, experiment: Int)
    /// Wait until another worker or process is done.
    case wait
  }

  /// The results folder of an experiment, locked while the experiment runs. Opening it may wait for
  /// a process on another host; only workers that need this folder wait.
  private final class Folder: Sendable {
    let lock = Mutex<FolderLock?>(nil)
  }

  private let specs: [ExperimentSpec]
  /// Nil if an experiment could not be prepared.
  let experiments: [PreparedExperiment?]
  /// The trainings of a shard, which does not finish experiments; nil to do all trainings and
  /// finish experiments.
  let share: Set<StageKey>?
  /// The trainings of all experiments, each once.
  private let stages: [TrainingStage]
  let beginnings: [StageKey: SharedBeginnings]
  /// Count of trainings, and estimate of the remaining time.
  let forecast: SuiteForecast
  let cache: StageCache
  private let state: Mutex<State>
  /// Of each experiment.
  private let folders: [Folder]
  private let ended: Mutex<@Sendable (ExperimentOutcome, FolderLock?) -> Void>

  /// - Parameters:
  ///   - prepared: the prepared experiment for each of `specs`.
  ///   - cache: the cache of trainings.
  ///   - share: only do these trainings, and finish no experiment.
  ///   - fresh: whether to discard cached trainings, see `discard`.
  ///   - ended: called for every experiment that ends, one at a time, with the lock of its folder
  ///     if it was opened.
  init(
    _ specs: [ExperimentSpec], prepared: [Result<PreparedExperiment, RunError>], cache: StageCache,
    share: Set<StageKey>? = nil, fresh: Bool = false,
    ended: @escaping @Sendable (ExperimentOutcome, FolderLock?) -> Void
  ) {
    self.specs = specs
    self.share = share
    self.ended = Mutex(ended)
    experiments = prepared.map { try? $0.get() }
    self.cache = cache
    folders = specs.map { _ in Folder() }
    var state = State()
    state.experiments = specs.map { _ in .open }
    stages = experiments.flatMap { $0?.stages ?? [] }.filter { stage in
      state.stages.updateValue(.waiting, forKey: stage.key) == nil
    }
    beginnings = SharedBeginnings.among(stages, cache: cache)
    self.state = Mutex(state)
    let data = experiments.compactMap(\.self).flatMap { experiment in
      experiment.stages.map { ($0.key, experiment.data) }
    }
    forecast = SuiteForecast(
      stages.filter { share?.contains($0.key) ?? true },
      data: Dictionary(data) { first, _ in first }, cache: cache, fresh: fresh)
    for (index, prepared) in prepared.enumerated() {
      if case .failure(let error) = prepared { end([index], .failure(error)) }
    }
  }

  /// The next work item, which the caller owns from now on; nil if nothing is left.
  func next() -> Work? {
    state.withLock { state in
      if let work = take(&state) { return work }
      guard !state.inUse.isEmpty else { return nil }
      guard !state.isFinishing else { return .wait }
      // Other runs may have ended since.
      state.inUse = []
      return take(&state)
    }
  }

  /// The next work item, without experiments in use by other runs.
  private func take(_ state: inout State) -> Work? {
    var busy: Work?
    var isUnderWay = false
    let running = stages.filter { state.stages[$0.key] == .running }
    var waits: [Start: Bool] = [:]
    for index in experiments.indices where !state.inUse.contains(index) {
      guard case .open = state.experiments[index], let experiment = experiments[index] else { continue }
      if share == nil, experiment.stages.allSatisfy({ Self.isDone(state.stages[$0.key]) }) {
        state.experiments[index] = .finishing
        return .finish(experiment, experiment: index)
      }
      for stage in experiment.stages where share?.contains(stage.key) ?? true {
        switch state.stages[stage.key] {
        case .waiting where isWorthWaiting(stage, for: running, state.stages, &waits): isUnderWay = true
        case .waiting:
          state.stages[stage.key] = .running
          return .train(stage, experiment, experiment: index)
        case .busy: busy = busy ?? .train(stage, experiment, experiment: index)
        case .running: isUnderWay = true
        default: break
        }
      }
    }
    if case .train(let stage, _, _)? = busy { state.stages[stage.key] = .running }
    return busy ?? (isUnderWay ? .wait : nil)
  }

  // MARK: What became of it

  /// Postpones a training that another process is running.
  ///
  /// - Returns: whether it is postponed for the first time.
  func postpone(_ stage: TrainingStage) -> Bool {
    defer { unlockFolders() }
    return state.withLock { state in
      state.stages[stage.key] = .busy
      return state.announcedTrainings.insert(stage.key).inserted
    }
  }

  /// Postpones an experiment whose folder another run has, until nothing else is left.
  ///
  /// - Parameter stage: the training that was taken for it, which becomes available to others.
  /// - Returns: whether it is postponed for the first time; nil if nothing else is left.
  func postpone(_ index: Int, leaving stage: TrainingStage?) -> Bool? {
    defer { unlockFolders() }
    return state.withLock { state in
      let isOtherLeft = experiments.indices.contains {
        $0 != index && !state.inUse.contains($0) && !state.hasEnded($0)
      }
      guard isOtherLeft else { return nil }
      Self.release(stage, &state)
      if case .finishing = state.experiments[index] { state.experiments[index] = .open }
      state.inUse.insert(index)
      return state.announcedExperiments.insert(index).inserted
    }
  }

  /// Makes a training available again whose lock was removed while it ran.
  func restart(_ stage: TrainingStage) {
    state.withLock { Self.release(stage, &$0) }
    unlockFolders()
  }

  /// Makes a training that was taken, if one was, available to others.
  private static func release(_ stage: TrainingStage?, _ state: inout State) {
    if let stage { state.stages[stage.key] = .waiting }
  }

  /// Notes that a training begins, whose lock this run has.
  ///
  /// - Returns: whether it begins for the first time; what this run itself has done of it is kept.
  func noteBeginning(of stage: TrainingStage) -> Bool {
    state.withLock { $0.begun.insert(stage.key).inserted }
  }

  func finished(_ stage: TrainingStage, trained: Bool) {
    state.withLock { $0.stages[stage.key] = .done(trained: trained) }
    unlockFolders()
  }

  /// Ends every experiment that needs the training.
  func failed(_ stage: TrainingStage, _ error: RunError) {
    let ending = state.withLock { state in
      state.stages[stage.key] = .failed
      let needing = experiments.indices.filter { index in
        guard case .open = state.experiments[index], let experiment = experiments[index] else { return false }
        return experiment.stages.contains { $0.key == stage.key }
      }
      return Self.end(needing, .failure(error), &state)
    }
    close(ending)
  }

  /// Ends an experiment; a training that was taken for it becomes available to others that need it.
  func end(_ experiment: Int, _ result: Result<Report, RunError>, leaving stage: TrainingStage? = nil) {
    state.withLock { Self.release(stage, &$0) }
    end([experiment], result)
  }

  private func end(_ indices: [Int], _ result: Result<Report, RunError>) {
    close(state.withLock { Self.end(indices, result, &$0) })
  }

  /// - Returns: the experiments that had not ended before.
  private static func end(
    _ indices: [Int], _ result: Result<Report, RunError>, _ state: inout State
  ) -> [Int] {
    indices.filter { index in
      if state.hasEnded(index) { return false }
      state.experiments[index] = .ended(result)
      return true
    }
  }

  /// Reports that experiments have ended, and unlocks their folders.
  private func close(_ indices: [Int]) {
    for index in indices {
      let lock = folders[index].lock.withLock { $0 }
      ended.withLock { $0(outcome(index), lock) }
    }
    unlockFolders()
  }

  /// Unlocks the folders of experiments that have ended, except those to which a training still
  /// writes.
  private func unlockFolders() {
    let unused = state.withLock { state in
      experiments.indices.filter { index in
        state.hasEnded(index)
          && !(experiments[index]?.stages ?? []).contains { state.stages[$0.key] == .running }
      }
    }
    for index in unused { folders[index].lock.withLock { $0 = nil } }
  }

  private static func isDone(_ stage: StageState?) -> Bool {
    if case .done? = stage { true } else { false }
  }

  // MARK: Folders

  /// Opens the folder of an experiment once, and keeps its lock until the experiment ends. A folder
  /// that was removed since is opened again. A shard does not open folders of experiments.
  ///
  /// - Parameter stage: the training that was taken for the experiment, if one was.
  /// - Returns: false if the experiment has ended in the meantime; the training is then available
  ///   to others that need it.
  func begin(
    _ index: Int, for stage: TrainingStage?, _ open: (PreparedExperiment) throws(RunError) -> FolderLock
  ) throws(RunError) -> Bool {
    guard share == nil, let experiment = experiments[index] else { return true }
    let isOpen = folders[index].lock.withLock { lock -> Result<Bool, RunError> in
      Result { () throws(RunError) in
        if lock?.isRemoved == true { lock = nil }
        if lock == nil, !hasEnded(index) { lock = try open(experiment) }
        return !hasEnded(index)
      }
    }
    if try isOpen.get() { return true }
    state.withLock { Self.release(stage, &$0) }
    unlockFolders()
    return false
  }

  /// Whether the folder of an experiment is still that of this process; it may have been suspended
  /// for so long that another one has taken it over.
  func ownsFolder(_ index: Int) -> Bool { folders[index].lock.withLock { $0?.isOwned() ?? true } }

  func hasEnded(_ index: Int) -> Bool { state.withLock { $0.hasEnded(index) } }

  // MARK: Results

  /// The outcome of every experiment, in order.
  var outcomes: [ExperimentOutcome] { specs.indices.map(outcome) }

  /// Numbers of trainings of the shard that were done now, were done before, and are not done.
  var trainings: (trained: Int, cached: Int, left: Int) {
    state.withLock { state in
      let keys = share ?? Set(state.stages.keys)
      let trained = keys.count { state.stages[$0] == .done(trained: true) }
      let cached = keys.count { state.stages[$0] == .done(trained: false) }
      return (trained, cached, keys.count - trained - cached)
    }
  }

  /// An experiment that has not ended counts as interrupted.
  private func outcome(_ index: Int) -> ExperimentOutcome {
    state.withLock { state in
      let keys = experiments[index]?.stages.map(\.key) ?? []
      var result: Result<Report, RunError> = .failure(.training(.interrupted))
      if case .ended(let ended) = state.experiments[index] { result = ended }
      let before = Set(experiments[..<index].flatMap { $0?.stages ?? [] }.map(\.key))
      let trained = keys.count { state.stages[$0] == .done(trained: true) && !before.contains($0) }
      return ExperimentOutcome(
        spec: specs[index], result: result, trained: trained, trainings: keys.count)
    }
  }
}
