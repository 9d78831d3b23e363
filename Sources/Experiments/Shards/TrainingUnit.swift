/// Trainings that must be in one shard: a single training, or a baseline and its one-shot prunings.
struct TrainingUnit: Sendable {
  /// In the order of the experiments that need them.
  var stages: [TrainingStage]
  /// Predicted multiply-accumulates.
  var work: Double

  /// Every training of the experiments once, with trainings that belong together in one unit.
  ///
  /// - Parameter work: predicted multiply-accumulates of a training, without those of shared
  ///   epochs.
  static func units(
    of experiments: [[TrainingStage]], work: (_ stage: TrainingStage, _ experiment: Int) -> Double
  ) -> [TrainingUnit] {
    var units: [TrainingUnit] = []
    var unitOfKey: [StageKey: Int] = [:]
    for (experiment, stages) in experiments.enumerated() {
      // Baselines come before the trainings that start from them.
      for stage in stages where unitOfKey[stage.key] == nil {
        let unit = stage.beginning.flatMap { unitOfKey[$0] } ?? units.count
        if unit == units.count { units.append(TrainingUnit(stages: [], work: 0)) }
        units[unit].stages.append(stage)
        units[unit].work += work(stage, experiment)
        unitOfKey[stage.key] = unit
      }
    }
    return units
  }

  /// Assigns units to the given number of shards: the longest first, each to the shard with the
  /// least work so far (longest processing time first; Graham 1969, Bounds on multiprocessing
  /// timing anomalies).
  ///
  /// Ties are broken by the order of the units, so that every process that assigns the same units
  /// gets the same shards.
  static func deal(_ units: [TrainingUnit], to count: Int) -> [[TrainingUnit]] {
    var shards: [[TrainingUnit]] = Array(repeating: [], count: count)
    var work = Array(repeating: 0.0, count: count)
    for unit in longestFirst(units) {
      guard let shard = work.indices.min(by: { (work[$0], $0) < (work[$1], $1) }) else { break }
      shards[shard].append(unit)
      // Units whose work rounds to zero must not all go to the first shard.
      work[shard] += max(unit.work, 1)
    }
    return shards
  }

  static func longestFirst(_ units: [TrainingUnit]) -> [TrainingUnit] {
    units.enumerated().sorted { ($1.element.work, $0.offset) < ($0.element.work, $1.offset) }.map(\.element)
  }
}
