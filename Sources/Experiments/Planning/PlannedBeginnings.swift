/// The shared states from which the trainings of a plan will start, if they are done one after
/// another; see ``SharedBeginnings``.
struct PlannedBeginnings {
  let cache: StageCache
  /// By baseline: epochs after which a training of the plan stores the state, if it is needed.
  private var passed: [StageKey: [ClosedRange<Int>]] = [:]

  init(cache: StageCache) { self.cache = cache }

  /// Epochs that this training will take over from another one.
  ///
  /// - Parameter done: completed epochs of the training.
  mutating func take(_ stage: TrainingStage, done: Int) -> Int {
    let common = stage.commonEpochs
    let isThere =
      passed[stage.trunk]?.contains { $0.contains(common) } ?? false
      || SharedBeginnings(cache: cache, stage: stage, epochs: [common]).newestEpoch == common
    let shared = stage.variant == .pruned && done == 0 && isThere ? common : 0
    let begun = max(done, shared)
    if begun < common { passed[stage.trunk, default: []].append(begun + 1...common) }
    return shared
  }
}
