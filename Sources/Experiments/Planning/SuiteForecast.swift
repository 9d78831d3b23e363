import Datasets
import Reports
import Specification
import Synchronization

/// Estimates the remaining time of the trainings of a run: their remaining cost in
/// multiply-accumulates, as in the plan, divided by the speed of this run so far.
final class SuiteForecast: Sendable {
  private struct Training {
    /// Of each epoch.
    let epochs: [TrainingForecast.Epoch]
    /// Completed cost, by any process.
    var done: Double
    /// Number of the training in starting order; nil before it starts.
    var number: Int?

    var total: Double { cost(epochs: epochs.count) }

    /// Cost of the first epochs, and of a share of the steps of the next one.
    func cost(epochs count: Int, share: Double = 0) -> Double {
      let whole = epochs.prefix(count).map { $0.steps + $0.rest }.reduce(0, +)
      return whole + (epochs.indices.contains(count) ? share * epochs[count].steps : 0)
    }
  }

  private struct State {
    /// The trainings that are not done.
    var trainings: [StageKey: Training] = [:]
    var begun = 0
    /// Remaining cost of all trainings, and the cost that this run has completed.
    var left = 0.0
    var work = 0.0
    var start: ContinuousClock.Instant?

    mutating func move(_ key: StageKey, to done: Double, isWork: Bool) {
      guard let training = trainings[key] else { return }
      if isWork { work += max(0, done - training.done) }
      left -= done - training.done
      trainings[key]?.done = done
    }
  }

  private let state: Mutex<State>

  /// Estimates from less time would be noise.
  private static let leastSeconds = 0.5

  /// - Parameters:
  ///   - stages: every training once, in the order in which they are done.
  ///   - data: the data set of each training.
  ///   - fresh: whether cached trainings are repeated.
  init(_ stages: [TrainingStage], data: [StageKey: Dataset], cache: StageCache, fresh: Bool = false) {
    var state = State()
    var planned = PlannedBeginnings(cache: cache)
    var forecasts: [String: TrainingForecast] = [:]
    for stage in stages where fresh || !cache.isDone(stage) {
      guard let data = data[stage.key] else { continue }
      let name = stage.spec.name
      let forecast = forecasts[name] ?? TrainingForecast(countingMACsOf: stage.spec, data)
      forecasts[name] = forecast
      let done = fresh ? 0 : cache.checkpoints(stage.key).newestEpoch ?? 0
      let shared = planned.take(stage, done: done)
      var training = Training(epochs: forecast.epochs(stage.variant) ?? [], done: 0)
      training.done = training.cost(epochs: max(done, shared))
      state.left += training.total - training.done
      state.trainings[stage.key] = training
    }
    self.state = Mutex(state)
  }

  /// Notes that a training starts or resumes after the given number of epochs.
  ///
  /// - Returns: its position among all trainings; nil for one that was done before the run started.
  func begin(_ key: StageKey, epochs: Int) -> SuiteProgress? {
    state.withLock { state in
      guard let training = state.trainings[key] else { return nil }
      if state.start == nil { state.start = .now }
      if training.number == nil {
        state.begun += 1
        state.trainings[key]?.number = state.begun
      }
      state.move(key, to: training.cost(epochs: epochs), isWork: false)
      return Self.progress(key, state)
    }
  }

  /// Notes that a training has completed a share of the steps of an epoch.
  ///
  /// - Parameter epochs: completed epochs.
  func advance(_ key: StageKey, epochs: Int, share: Double = 0) -> SuiteProgress? {
    state.withLock { state in
      guard let training = state.trainings[key] else { return nil }
      state.move(key, to: training.cost(epochs: epochs, share: share), isWork: true)
      return Self.progress(key, state)
    }
  }

  private static func progress(_ key: StageKey, _ state: State) -> SuiteProgress? {
    guard let number = state.trainings[key]?.number, let start = state.start else { return nil }
    let elapsed = seconds(since: start)
    let isKnown = elapsed >= leastSeconds && state.work > 0
    return SuiteProgress(
      training: number, trainings: state.trainings.count,
      secondsToGo: isKnown ? max(0, state.left) * elapsed / state.work : nil)
  }
}
