import Compute
import Specification

/// The tasks that a suite is submitted as: one for each unit of its trainings, see
/// ``ShardedSuite``.
public struct SuiteTasks: Sendable {
  /// Every task is shard `index + 1` of this many.
  public let count: Int
  /// Of tasks that have something to train, ascending.
  public let open: [Int]
  /// Why an experiment could not be prepared here, as where its data is on other nodes only.
  public let problems: [String]
  /// By task, for people.
  let trainings: [[TrainingStage]]
  private let cache: StageCache

  /// - Parameter results: folder of results, for what is trained already.
  public init(_ specs: [ExperimentSpec], results: String, engine: Engine) {
    var preparation = ExperimentPreparation(kernels: engine.kernels, threads: engine.threads)
    let prepared = specs.map { spec in
      Result { () throws(RunError) in try preparation.prepare(spec) }
    }
    let units = ShardedSuite(specs, prepared: prepared, engine: engine).units
    let cache = StageCache(results: results)
    let shards = TrainingUnit.deal(units, to: units.count)
    trainings = shards.map { $0.flatMap(\.stages) }
    count = shards.count
    self.cache = cache
    problems = prepared.compactMap { result in
      if case .failure(let error) = result { "\(error)" } else { nil }
    }
    // Nodes that have the data may deal otherwise: then all tasks have to be there.
    let isKnown = problems.isEmpty
    open = trainings.indices.filter { task in
      !isKnown || shards[task].contains { $0.stages.contains { !cache.isDone($0) } }
    }
  }

  /// Epochs that are done of a task's trainings, and all.
  func epochs(_ task: Int) -> (done: Int, all: Int) {
    trainings[task].reduce(into: (0, 0)) { sum, stage in
      sum.done += min(stage.epochs, cache.checkpoints(stage.key).newestEpoch ?? 0)
      sum.all += stage.epochs
    }
  }

  /// Seconds that the longest open task takes by a plan; nil where that predicts nothing.
  public func longest(by plan: SuitePlan) -> Double? {
    let seconds = plan.predictedSeconds
    return open.map { task in trainings[task].compactMap { seconds[$0.key.digest] }.reduce(0, +) }.max()
  }
}
