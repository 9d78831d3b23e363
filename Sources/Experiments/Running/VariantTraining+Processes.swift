import Foundation
import MessagePassing
import Network
import Pruning
import Reports
import Specification
import TensorFiles
import Training

/// A training by several processes together: the first one leads, and only it reads and writes
/// files.
extension VariantTraining {
  /// Starts the training in the other processes of the group.
  func lead(_ network: Network, _ record: TrainingRecord) throws(RunError) {
    guard group.count > 1 else { return }
    guard let state = CheckpointStore.bytes(network, stage: key.digest, record: record) else {
      throw .storage("the record of epoch \(record.epochs.count) cannot be written as JSON")
    }
    group.send(TrainingOrder(experiment: spec.name, variant: variant, seed: seed, stage: key.digest), state)
  }

  /// Takes part in the training of the group's first process, from the state that it has sent.
  func follow(_ state: [UInt8]) throws(RunError) {
    let network = try initialNetwork()
    do {
      guard let restored = try CheckpointStore.read(state, path: "process 0", stage: key.digest) else {
        throw RunError.storage(
          "\(spec.name): process 0 has other data, files or processors; all have to have the same")
      }
      try Checkpoint.restore(network, from: restored.file, path: restored.path)
      var record = restored.record
      try train(network, &record)
    } catch let error as RunError {
      throw error
    } catch {
      throw .storage("\(error)")
    }
  }

  /// Saves the state, which the group's first process does for all; unless the lock of the folder
  /// was removed, or another process has taken it over, whose checkpoints are newer. All processes
  /// of the group stop then.
  func save(_ network: Network, _ record: TrainingRecord) throws(RunError) {
    guard group.rank == 0, lock?.isOwned() ?? true else { return }
    do throws(RunError) {
      try checkpoints.save(network, key: key, record: record)
      if record.current == nil {
        try events?.write(record, withoutChannels: network.structure.excludedChannels(by: spec.prune))
      }
    } catch {
      try end(error)
    }
  }

  /// Stores the state after the steps of an epoch for the trainings that start from it.
  func keepBeginning(
    _ network: Network, _ record: TrainingRecord, _ entry: TrainingRecord.EpochRecord
  ) throws(RunError) {
    var shared = record
    shared.current = nil
    shared.epochs.append(entry)
    do throws(RunError) {
      try beginnings?.keep(network, shared, interruption) { progress.show(.message($0)) }
    } catch {
      try end(error)
    }
  }

  /// Ends with an error of this process only, for which the others would wait.
  func end(_ error: RunError) throws(RunError) -> Never {
    if group.count > 1 {
      let text = visible("espalier: \(spec.name): \(error)")
      try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
      group.abort(status: 3)
    }
    throw error
  }
}
