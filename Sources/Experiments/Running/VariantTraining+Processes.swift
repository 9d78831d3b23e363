import Foundation
import MessagePassing
import Network
import Pruning
import Reports
import TensorFiles
import Training

/// A training that several processes do together: the first one leads, and alone reads and writes
/// files.
extension VariantTraining {
  /// Has the other processes of the group train along from here on.
  func lead(_ network: Network, _ record: TrainingRecord) throws(RunError) {
    guard group.count > 1 else { return }
    guard let state = CheckpointStore.bytes(network, stage: key.digest, record: record) else {
      throw .storage("the record of epoch \(record.epochs.count) cannot be written as JSON")
    }
    group.send(TrainingOrder(experiment: spec.name, variant: variant, seed: seed, stage: key.digest), state)
  }

  /// Trains along with the group's first process, from the state that this has sent.
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

  /// Saves the state, which the group's first process does for all.
  func save(_ network: Network, _ record: TrainingRecord) throws(RunError) {
    guard group.rank == 0 else { return }
    do throws(RunError) {
      try checkpoints.save(network, key: key, record: record)
      if record.current == nil {
        try events?.write(record, withoutChannels: network.structure.excludedChannels(by: spec.prune))
      }
    } catch {
      try end(error)
    }
  }

  /// Keeps the state after an epoch's steps for the trainings that begin with it.
  func keepBeginning(
    _ network: Network, _ record: TrainingRecord, _ entry: TrainingRecord.EpochRecord
  ) throws(RunError) {
    var shared = record
    shared.current = nil
    shared.epochs.append(entry)
    do throws(RunError) {
      try beginnings?.keep(network, shared, interruption)
    } catch {
      try end(error)
    }
  }

  /// Ends with an error of this process alone: the others would wait for it.
  func end(_ error: RunError) throws(RunError) {
    if group.count > 1 {
      FileHandle.standardError.write(Data("espalier: \(spec.name): \(error)\n".utf8))
      group.abort(status: 3)
    }
    throw error
  }
}
