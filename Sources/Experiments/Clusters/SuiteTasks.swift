import Compute
import Specification

/// The tasks of a submitted suite: one for each unit of its trainings, see ``ShardedSuite``.
public struct SuiteTasks: Sendable {
  /// Number of tasks; each is shard `index + 1` of this number.
  public let count: Int
  /// Indices of tasks that have something to train, ascending.
  public let open: [Int]
  /// Why experiments could not be prepared here, for example because their data is only on other
  /// nodes.
  public let problems: [String]
  /// By task, for people.
  let trainings: [[TrainingStage]]
  private let cache: StageCache

  /// - Parameter results: results folder, for finished trainings.
  public init(_ specs: [ExperimentSpec], results: String, engine: Engine) {
    var preparation = ExperimentPreparation(kernels: engine.kernels, threads: engine.threads)
    let prepared = preparation.prepare(specs)
    let units = ShardedSuite(specs, prepared: prepared, engine: engine).units
    let cache = StageCache(results: results)
    let shards = TrainingUnit.deal(units, to: units.count)
    trainings = shards.map { $0.flatMap(\.stages) }
    count = shards.count
    self.cache = cache
    problems = prepared.compactMap { result in
      if case .failure(let error) = result { "\(error)" } else { nil }
    }
    // Nodes with the data may assign trainings differently: then all tasks are needed.
    let isKnown = problems.isEmpty
    open = trainings.indices.filter { task in
      !isKnown || shards[task].contains { $0.stages.contains { !cache.isDone($0) } }
    }
  }

  /// Completed epochs of a task's trainings, and all epochs.
  func epochs(_ task: Int) -> (done: Int, all: Int) {
    trainings[task].reduce(into: (0, 0)) { sum, stage in
      sum.done += min(stage.epochs, cache.checkpoints(stage.key).newestEpoch ?? 0)
      sum.all += stage.epochs
    }
  }

  /// Predicted seconds of the longest open task; nil if the plan has no prediction.
  public func longest(by plan: SuitePlan) -> Double? {
    let seconds = plan.predictedSeconds
    return open.map { task in trainings[task].compactMap { seconds[$0.key.digest] }.reduce(0, +) }.max()
  }
}
