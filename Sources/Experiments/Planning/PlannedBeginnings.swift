/// What the trainings of a plan will begin with, as they are done one after another; see
/// ``SharedBeginnings``.
struct PlannedBeginnings {
  let cache: StageCache
  /// By baseline: epochs after which a training of the plan comes by, and leaves the state where it
  /// is needed.
  private var passed: [StageKey: [ClosedRange<Int>]] = [:]

  init(cache: StageCache) { self.cache = cache }

  /// Epochs whose steps another training will have done for this one.
  ///
  /// - Parameter done: epochs that the training has done already.
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
