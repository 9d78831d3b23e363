/// Trainings that one shard does: a single one, or a baseline and those that prune it in one shot.
struct TrainingUnit: Sendable {
  /// In the order of the experiments that need them.
  var stages: [TrainingStage]
  /// Predicted multiply-accumulates.
  var work: Double

  /// Every training of the experiments once, those that belong together in one unit.
  ///
  /// - Parameter work: predicted multiply-accumulates of a training, those of its beginning left
  ///   out.
  static func units(
    of experiments: [[TrainingStage]], work: (_ stage: TrainingStage, _ experiment: Int) -> Double
  ) -> [TrainingUnit] {
    var units: [TrainingUnit] = []
    var unitOfKey: [StageKey: Int] = [:]
    for (experiment, stages) in experiments.enumerated() {
      // Baselines come before what begins with them.
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

  /// Deals units to the given number of shards: the longest first, each to the shard with the least
  /// work so far (longest processing time first; Graham 1969, Bounds on multiprocessing timing
  /// anomalies).
  ///
  /// The order of the units decides between equal ones, so that every process that deals the same
  /// units gets the same shards.
  static func deal(_ units: [TrainingUnit], to count: Int) -> [[TrainingUnit]] {
    var shards: [[TrainingUnit]] = Array(repeating: [], count: count)
    var work = Array(repeating: 0.0, count: count)
    for unit in longestFirst(units) {
      guard let shard = work.indices.min(by: { (work[$0], $0) < (work[$1], $1) }) else { break }
      shards[shard].append(unit)
      // Work that rounds to none must not send everything to the first shard.
      work[shard] += max(unit.work, 1)
    }
    return shards
  }

  static func longestFirst(_ units: [TrainingUnit]) -> [TrainingUnit] {
    units.enumerated().sorted { ($1.element.work, $0.offset) < ($0.element.work, $1.offset) }.map(\.element)
  }
}
