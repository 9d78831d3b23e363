import Network
import Pruning
import Reports
import Specification
import Training

/// The pruning steps of a training.
extension VariantTraining {
  /// Nil without pruning.
  var schedule: PruningSchedule? {
    variant == .pruned ? spec.prune.map { PruningSchedule($0, epochs: spec.train.epochs) } : nil
  }

  /// Removes the channels of a step; nil without removal if asked to stop during scoring.
  func prune(
    _ network: Network, _ schedule: PruningSchedule, after epoch: Int
  ) throws(RunError) -> TrainingRecord.PruningRecord? {
    let before = size(network)
    let scoring = Scoring(spec: spec, data: data.train, seed: seed, interruption: interruption, group: group)
    let scores: [String: [Double]]
    do { scores = try scoring.scores(of: network, epoch: epoch) } catch {
      // Other errors occur in every process.
      if case .data = error { try end(error) }
      throw error
    }
    if group.any(interruption.isRequested) { return nil }
    let whole = network.structure
    let removals = schedule.removals(after: epoch, graph: whole, scores: scores)
    network.remove(channels: removals)
    let after = size(network)
    let warnings = PruningWarnings(
      before: whole, after: network.structure, prune: epoch == schedule.epochs.last ? spec.prune : nil,
      steps: schedule.epochs.count)
    for sentence in warnings.sentences { warn("after epoch \(epoch), \(sentence)") }
    let removed = network.channelGroups.compactMap { group in
      removals[group.name].map { PruningProgress.Removal(layer: group.name, channels: $0.count) }
    }
    show(.pruned(PruningProgress(epoch: epoch, removed: removed, before: before, after: after)))
    return TrainingRecord.PruningRecord(
      epoch: epoch, removed: removals.mapValues { $0.sorted() }, channels: network.prunableChannels,
      parameters: after.parameters, macs: after.macs)
  }

  /// Repeats the warning about the target for a training whose steps are done, since reports do not
  /// have it.
  ///
  /// - Parameter finished: the number of epochs that are done
  func repeatTargetWarning(_ structure: PrunableGraph, finished: Int) {
    guard let schedule, let last = schedule.epochs.last, finished >= last else { return }
    let warnings = PruningWarnings(
      before: structure, after: structure, prune: spec.prune, steps: schedule.epochs.count)
    if let sentence = warnings.aboutTarget { warn("after epoch \(last), \(sentence)") }
  }

  /// The size of a network, as progress shows it.
  func size(_ network: Network) -> PruningProgress.Size {
    let cost = network.cost()
    return PruningProgress.Size(
      channels: network.structure.prunableChannels(by: spec.prune), parameters: cost.parameters,
      macs: cost.macs)
  }
}
