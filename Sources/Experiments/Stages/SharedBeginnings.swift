import Network

/// States in the stage cache that a training has in common with others: each is that after the
/// steps of an epoch, where some training prunes for the first time.
///
/// Until its first pruning step a training is the baseline of its seed, bit for bit. So whichever
/// comes by first keeps the state there, and those that have done nothing yet begin from the
/// longest one that they share. A state's key holds that of the baseline's training and the epoch.
/// The end of a baseline is its own last checkpoint and is not kept twice.
struct SharedBeginnings: Sendable {
  let cache: StageCache
  let stage: TrainingStage
  /// After which states are kept, ascending; the training does the steps of each as the baseline
  /// does.
  let epochs: [Int]

  /// Of each of the trainings, by its key: what it shares with the others.
  static func among(_ stages: [TrainingStage], cache: StageCache) -> [StageKey: SharedBeginnings] {
    Dictionary(grouping: stages, by: \.trunk).values.reduce(into: [:]) { beginnings, group in
      let branches = Set(group.filter { $0.variant == .pruned }.map(\.commonEpochs)).sorted()
      for stage in group {
        beginnings[stage.key] = SharedBeginnings(
          cache: cache, stage: stage, epochs: branches.filter { $0 <= stage.commonEpochs })
      }
    }
  }

  /// The key of the state after an epoch's steps of a baseline.
  static func key(_ trunk: StageKey, epoch: Int) -> StageKey {
    StageKey(stage: "beginning", "training: \(trunk.digest)\nepoch: \(epoch)\n")
  }

  // MARK: Beginning

  /// The last epoch after which there is a state to begin from; 0 where there is none. Whether it
  /// is whole is not known.
  var newestEpoch: Int { epochs.last { store($0).has(epoch: $0) || isEndOfBaseline($0) } ?? 0 }

  /// The longest state that is whole, and a sentence for each damaged one. The last epoch of its
  /// record has its steps done; whether it prunes and evaluates is up to the training.
  func longest() -> (restored: CheckpointStore.Restored?, warnings: [String]) {
    var warnings: [String] = []
    for epoch in epochs.reversed() {
      let kept = store(epoch).newest(Self.key(stage.trunk, epoch: epoch))
      warnings += kept.warnings
      for restored in [kept.restored, endOfBaseline(epoch)] {
        if let restored, restored.record.epochs.count == epoch, restored.record.current == nil {
          return (restored, warnings)
        }
      }
    }
    return (nil, warnings)
  }

  private func isEndOfBaseline(_ epoch: Int) -> Bool {
    stage.variant == .pruned && epoch == stage.spec.train.epochs
      && cache.checkpoints(stage.trunk).has(epoch: epoch)
  }

  private func endOfBaseline(_ epoch: Int) -> CheckpointStore.Restored? {
    isEndOfBaseline(epoch) ? cache.checkpoints(stage.trunk).newest(stage.trunk).restored : nil
  }

  // MARK: Keeping

  /// Keeps the state after an epoch's steps, before pruning, for the trainings that begin with it,
  /// unless it is there.
  ///
  /// - Parameters:
  ///   - network: after the steps.
  ///   - record: with the epoch as its last.
  ///   - interruption: ends the wait for a sign of life of another owner.
  func keep(
    _ network: Network, _ record: TrainingRecord, _ interruption: Interruption
  ) throws(RunError) {
    let epoch = record.epochs.count
    guard epochs.contains(epoch), stage.variant == .pruned || epoch < stage.epochs else { return }
    let key = Self.key(stage.trunk, epoch: epoch)
    do throws(RunError) {
      let lock = try cache.lock(key, interruption)
      defer { withExtendedLifetime(lock) {} }
      guard store(epoch).newest(key).restored == nil else { return }
      try cache.describe(key, as: summary(epoch), epochs: epoch)
      var shared = record
      shared.sharedEpochs = nil
      try store(epoch).save(network, key: key, record: shared)
    } catch .training(.interrupted) {
      // The training itself ends, and is saved, at its next step.
    } catch .inUse {
      // Another run keeps it, or it is being removed; it is there to save work, and nothing depends
      // on it.
    }
  }

  /// Removes the states that no other process works at.
  func clear(_ interruption: Interruption) {
    for epoch in epochs where store(epoch).has(epoch: epoch) {
      guard let lock = try? cache.lock(Self.key(stage.trunk, epoch: epoch), interruption) else { continue }
      withExtendedLifetime(lock) { store(epoch).clear() }
    }
  }

  private func store(_ epoch: Int) -> CheckpointStore {
    cache.checkpoints(Self.key(stage.trunk, epoch: epoch))
  }

  /// Ends the summary of such a state.
  static let mark = ", shared beginning"

  private func summary(_ epoch: Int) -> String {
    "\(stage.setting), \(epoch) of \(stage.spec.train.epochs) epochs, seed \(stage.seed)\(Self.mark)"
  }
}
