import Network

/// States in the stage cache that several trainings share: each is the state after the steps of an
/// epoch after which some training prunes for the first time.
///
/// Until its first pruning step, a training is identical to the baseline of its seed, bit for bit.
/// The first training that reaches a shared state stores it, and trainings that have not started
/// yet start from the longest shared state. The key of a state contains the key of the baseline's
/// training and the epoch. The final state of a baseline is its last checkpoint and is not stored
/// twice.
struct SharedBeginnings: Sendable {
  let cache: StageCache
  let stage: TrainingStage
  /// Epochs after which states are stored, ascending; up to there, the training is identical to the
  /// baseline.
  let epochs: [Int]

  /// By key of a training: the states that it shares with others.
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

  /// The keys of the states.
  var keys: [StageKey] { epochs.map { Self.key(stage.trunk, epoch: $0) } }

  // MARK: Beginning

  /// The last epoch after which there is a state to start from; 0 if there is none. The state may
  /// be damaged.
  var newestEpoch: Int { epochs.last { store($0).has(epoch: $0) || isEndOfBaseline($0) } ?? 0 }

  /// The longest undamaged state, and a sentence for each damaged one. The steps of the last epoch
  /// in its record are done; pruning and evaluation after them are up to the training.
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

  /// Stores the state after the steps of an epoch, before pruning, for the trainings that start
  /// from it, unless it exists.
  ///
  /// - Parameters:
  ///   - network: the network after the steps.
  ///   - record: the record, ending with the epoch.
  ///   - interruption: ends the wait for a heartbeat of another owner.
  ///   - announce: is called with a message if that takes long.
  func keep(
    _ network: Network, _ record: TrainingRecord, _ interruption: Interruption,
    announce: @escaping (String) -> Void
  ) throws(RunError) {
    let epoch = record.epochs.count
    guard epochs.contains(epoch), stage.variant == .pruned || epoch < stage.epochs else { return }
    let key = Self.key(stage.trunk, epoch: epoch)
    do throws(RunError) {
      let lock = try cache.lock(key, interruption, announce: announce)
      defer { withExtendedLifetime(lock) {} }
      guard store(epoch).newest(key).restored == nil else { return }
      try cache.describe(key, as: summary(epoch), epochs: epoch)
      var shared = record
      shared.sharedEpochs = nil
      try store(epoch).save(network, key: key, record: shared)
    } catch .training(.interrupted) {
      // The training itself stops, and is saved, at its next step.
    } catch .inUse {
      // Another run is storing or removing it; it only saves work, and nothing depends on it.
    }
  }

  private func store(_ epoch: Int) -> CheckpointStore {
    cache.checkpoints(Self.key(stage.trunk, epoch: epoch))
  }

  /// End of the summary of a shared beginning.
  static let mark = ", shared beginning"

  private func summary(_ epoch: Int) -> String {
    "\(stage.setting), \(epoch) of \(stage.spec.train.epochs) epochs, seed \(stage.seed)\(Self.mark)"
  }
}
