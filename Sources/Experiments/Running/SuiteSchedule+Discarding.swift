import Specification

/// Discarding what earlier runs have trained, before a fresh run begins.
extension SuiteSchedule {
  /// Whether an experiment's folder can be locked, which a shard does not need.
  ///
  /// - Throws: the errors of `lock`.
  func check(_ index: Int, lock: (ExperimentSpec) throws(RunError) -> FolderLock) throws(RunError) {
    guard share == nil, let experiment = experiments[index] else { return }
    _ = try lock(experiment.spec)
  }

  /// Discards all checkpoints and shared states of an experiment's trainings, except those that
  /// another process is using; none if it has ended.
  ///
  /// - Parameters:
  ///   - interruption: ends it early.
  ///   - announce: is called with a message if it waits long for another process.
  ///   - lock: locks the folder of the experiment, which a shard does not need.
  /// - Throws: the errors of `lock`; nothing is discarded then.
  func discard(
    _ index: Int, _ interruption: Interruption, announce: @escaping (String) -> Void,
    lock: (ExperimentSpec) throws(RunError) -> FolderLock
  ) throws(RunError) {
    guard let experiment = experiments[index], !hasEnded(index) else { return }
    let lock = try share == nil ? lock(experiment.spec) : nil
    defer { withExtendedLifetime(lock) {} }
    let stages = experiment.stages.filter { share?.contains($0.key) ?? true }
    for key in stages.flatMap({ [$0.key] + (beginnings[$0.key]?.keys ?? []) })
    where !interruption.isRequested && cache.checkpoints(key).newestEpoch != nil {
      guard let lock = try? cache.lock(key, interruption, announce: announce) else { continue }
      withExtendedLifetime(lock) { cache.checkpoints(key).clear() }
    }
  }
}
