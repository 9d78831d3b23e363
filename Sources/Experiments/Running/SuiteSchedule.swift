import Foundation
import Reports
import Specification
import Synchronization

/// What is to do, being done and done of a suite: the one thing that its workers share.
///
/// Trainings come in the order of the experiments that need them, each once. An experiment is
/// finished, which is a work of its own, as soon as all of its trainings are there.
final class SuiteSchedule: Sendable {
  enum Work {
    case train(TrainingStage, PreparedExperiment, experiment: Int)
    case finish(PreparedExperiment, experiment: Int)
    /// Nothing until another worker, or another process, is done.
    case wait
  }

  private enum StageState: Equatable {
    case waiting
    /// In another process's hands; tried again later.
    case busy
    case running
    /// With whether this process trained.
    case done(trained: Bool)
    case failed
  }

  private enum ExperimentState {
    case open
    case finishing
    case ended(Result<Report, RunError>)
  }

  private struct State {
    var stages: [StageKey: StageState] = [:]
    var experiments: [ExperimentState] = []
    var locks: [Int: FolderLock] = [:]
    /// Trainings whose being in other hands has been told.
    var told: Set<StageKey> = []
  }

  private let specs: [ExperimentSpec]
  /// Nil where an experiment could not be prepared.
  private let experiments: [PreparedExperiment?]
  /// The trainings of a shard, which finishes no experiment; nil where all are done and experiments
  /// finished.
  private let share: Set<StageKey>?
  /// Of all experiments, each once.
  private let stages: [TrainingStage]
  private let beginnings: [StageKey: SharedBeginnings]
  /// Which training of how many, and how long all take.
  let forecast: SuiteForecast
  private let cache: StageCache
  private let state: Mutex<State>
  private let ended: Mutex<@Sendable (ExperimentOutcome) -> Void>

  /// - Parameters:
  ///   - prepared: of each of `specs`.
  ///   - cache: where the trainings are.
  ///   - share: do these trainings alone, and finish no experiment.
  ///   - fresh: whether what is in the cache is to be discarded, see `discard`.
  ///   - ended: told of every experiment that ends, one at a time.
  init(
    _ specs: [ExperimentSpec], prepared: [Result<PreparedExperiment, RunError>], cache: StageCache,
    share: Set<StageKey>? = nil, fresh: Bool = false, ended: @escaping @Sendable (ExperimentOutcome) -> Void
  ) {
    self.specs = specs
    self.share = share
    self.ended = Mutex(ended)
    experiments = prepared.map { try? $0.get() }
    self.cache = cache
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

  /// The next thing to do, which is the caller's from now on; nil when nothing is left.
  func next() -> Work? {
    state.withLock { state in
      var busy: Work?
      var isUnderWay = false
      let running = stages.filter { state.stages[$0.key] == .running }
      for index in experiments.indices {
        guard case .open = state.experiments[index], let experiment = experiments[index] else { continue }
        if share == nil, experiment.stages.allSatisfy({ Self.isDone(state.stages[$0.key]) }) {
          state.experiments[index] = .finishing
          return .finish(experiment, experiment: index)
        }
        for stage in experiment.stages where share?.contains(stage.key) ?? true {
          switch state.stages[stage.key] {
          case .waiting where isWorthWaiting(stage, for: running, state): isUnderWay = true
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
  }

  // MARK: Shared beginnings

  func beginnings(of stage: TrainingStage) -> SharedBeginnings? { beginnings[stage.key] }

  /// Discards all checkpoints of the trainings, and what they share, but for those that another
  /// process works at.
  func discard() {
    for stage in stages where share?.contains(stage.key) ?? true {
      beginnings[stage.key]?.clear()
      guard cache.checkpoints(stage.key).newestEpoch != nil,
        let lock = try? cache.lock(stage.key, Interruption())
      else { continue }
      withExtendedLifetime(lock) { cache.checkpoints(stage.key).clear() }
    }
  }

  /// Whether another training is on its way to a state that this one can begin from. The other is
  /// ahead, so that this one ends no later for having waited.
  private func isWorthWaiting(
    _ stage: TrainingStage, for running: [TrainingStage], _ state: State
  ) -> Bool {
    // Where another process is, and how fast, is not known: it is waited for where only fine-tuning
    // is left after it.
    if let baseline = stage.beginning, state.stages[baseline] == .busy { return true }
    return running.contains { other in
      guard other.trunk == stage.trunk, let beginnings = beginnings[stage.key] else { return false }
      let common = min(other.commonEpochs, stage.commonEpochs)
      return beginnings.newestEpoch < common && (cache.checkpoints(other.key).newestEpoch ?? 0) < common
    }
  }

  // MARK: What became of it

  /// Another process works at it; whether that is news.
  func isBusy(_ stage: TrainingStage) -> Bool {
    state.withLock { state in
      state.stages[stage.key] = .busy
      return state.told.insert(stage.key).inserted
    }
  }

  func finished(_ stage: TrainingStage, trained: Bool) {
    state.withLock { $0.stages[stage.key] = .done(trained: trained) }
  }

  /// Ends every experiment that needs the training.
  func failed(_ stage: TrainingStage, _ error: RunError) {
    let needing = state.withLock { state in
      state.stages[stage.key] = .failed
      return experiments.indices.filter { index in
        guard case .open = state.experiments[index], let experiment = experiments[index] else { return false }
        return experiment.stages.contains { $0.key == stage.key }
      }
    }
    end(needing, .failure(error))
  }

  /// Ends an experiment; a training that was taken for it is left to the others that need it.
  func end(_ experiment: Int, _ result: Result<Report, RunError>, leaving stage: TrainingStage? = nil) {
    if let stage { state.withLock { $0.stages[stage.key] = .waiting } }
    end([experiment], result)
  }

  private func end(_ indices: [Int], _ result: Result<Report, RunError>) {
    state.withLock { state in
      for index in indices {
        state.experiments[index] = .ended(result)
        state.locks[index] = nil
      }
    }
    ended.withLock { ended in
      for index in indices { ended(outcome(index)) }
    }
  }

  private static func isDone(_ stage: StageState?) -> Bool {
    if case .done? = stage { true } else { false }
  }

  // MARK: Folders

  /// Opens the folder of an experiment that is begun, once; keeps the lock that this gives until
  /// the experiment's end. A shard leaves the folders of experiments to others.
  func begin(
    _ index: Int, _ open: (PreparedExperiment) throws(RunError) -> FolderLock
  ) throws(RunError) {
    let error: RunError? = state.withLock { state in
      guard share == nil, state.locks[index] == nil, let experiment = experiments[index] else { return nil }
      do throws(RunError) {
        state.locks[index] = try open(experiment)
        return nil
      } catch {
        return error
      }
    }
    if let error { throw error }
  }

  // MARK: Results

  /// Of every experiment, in order.
  var outcomes: [ExperimentOutcome] { specs.indices.map(outcome) }

  /// How many trainings of the share were done now, were there before, and are not done.
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
