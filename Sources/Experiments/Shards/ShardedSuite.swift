import Compute
import Specification

/// Assignment of the trainings of a suite to shards.
///
/// It depends only on the experiments and their data, not on the machine or the cache, so that
/// processes agree on it without communication.
struct ShardedSuite {
  /// Stages of every experiment; placeholders for experiments that could not be prepared.
  private let stages: [[TrainingStage]]
  let units: [TrainingUnit]

  /// - Parameter prepared: the prepared experiment for each of `specs`.
  init(
    _ specs: [ExperimentSpec], prepared: [Result<PreparedExperiment, RunError>], engine: Engine
  ) {
    let stages = zip(specs, prepared).map { spec, prepared in
      (try? prepared.get().stages) ?? ExperimentPreparation.standIns(spec, kernels: engine.kernels)
    }
    let forecasts = zip(specs, prepared).map { spec, prepared in
      (try? prepared.get().data).map { TrainingForecast(countingMACsOf: spec, $0) }
    }
    self.stages = stages
    units = TrainingUnit.units(of: stages) { stage, experiment in
      let done = stage.beginning == nil ? 0 : stage.spec.train.epochs
      return forecasts[experiment]?.cost(stage.variant, after: done) ?? 0
    }
  }

  /// Keys of the trainings that a shard does.
  func share(of shard: Shard) -> Set<StageKey> {
    // If there are more shards than units, the last ones have none.
    let shards = TrainingUnit.deal(units, to: min(shard.count, units.count))
    guard shard.index <= shards.count else { return [] }
    return Set(shards[shard.index - 1].flatMap(\.stages).map(\.key))
  }

  /// Experiments that need one of the trainings.
  func experiments(with keys: Set<StageKey>) -> [Int] {
    stages.indices.filter { stages[$0].contains { keys.contains($0.key) } }
  }
}
