/// Which trainings wait for a state that another one will reach, see ``SharedBeginnings``.
extension SuiteSchedule {
  /// What decides how far a training can start from shared states.
  struct Start: Hashable {
    let trunk: StageKey
    let epochs: Int
    let variant: Variant
  }

  func beginnings(of stage: TrainingStage) -> SharedBeginnings? { beginnings[stage.key] }

  /// Whether another training will reach a state from which this one can start. The other one is
  /// ahead, so waiting does not delay this one.
  ///
  /// - Parameters:
  ///   - states: the states of all trainings.
  ///   - known: the answers so far for these running trainings, since each reads folders.
  func isWorthWaiting(
    _ stage: TrainingStage, for running: [TrainingStage], _ states: [StageKey: StageState],
    _ known: inout [Start: Bool]
  ) -> Bool {
    // The progress and speed of another process are unknown: wait for it only if nothing but
    // fine-tuning follows.
    if let baseline = stage.beginning, states[baseline] == .busy { return true }
    let start = Start(trunk: stage.trunk, epochs: stage.commonEpochs, variant: stage.variant)
    if let answer = known[start] { return answer }
    let answer = running.contains { other in
      guard other.trunk == stage.trunk, let beginnings = beginnings[stage.key] else { return false }
      let common = min(other.commonEpochs, stage.commonEpochs)
      return beginnings.newestEpoch < common && (cache.checkpoints(other.key).newestEpoch ?? 0) < common
    }
    known[start] = answer
    return answer
  }
}
