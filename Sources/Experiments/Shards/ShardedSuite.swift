import Compute
import Specification

/// How the trainings of a suite are dealt to shards.
///
/// The deal depends on the experiments and their data alone, not on the machine or on what is
/// cached, so that processes which know nothing of each other agree on it.
struct ShardedSuite {
  /// Stages of every experiment; stand-ins where it could not be prepared.
  private let stages: [[TrainingStage]]
  let units: [TrainingUnit]

  /// - Parameter prepared: of each of `specs`.
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
    // Shards behind as many as there are units have none.
    let shards = TrainingUnit.deal(units, to: min(shard.count, units.count))
    guard shard.index <= shards.count else { return [] }
    return Set(shards[shard.index - 1].flatMap(\.stages).map(\.key))
  }

  /// Those that need one of the trainings.
  func experiments(with keys: Set<StageKey>) -> [Int] {
    stages.indices.filter { stages[$0].contains { keys.contains($0.key) } }
  }
}
