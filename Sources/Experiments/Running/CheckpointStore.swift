import Foundation
import Network
import TensorFiles
import Training

/// The checkpoints of one training in a folder of their own; the last two are kept.
struct CheckpointStore: Sendable {
  let folder: String

  private static let prefix = "checkpoint-"
  private static let suffix = ".safetensors"
  private static let keyNote = "stage"
  private static let recordNote = "record"

  /// What a checkpoint brings back.
  struct Restored {
    var file: TensorFile
    var path: String
    var record: TrainingRecord
  }

  /// The newest checkpoint of this stage that is whole, and a sentence for each damaged one that was passed over.
  func newest(_ key: StageKey) -> (restored: Restored?, warnings: [String]) {
    var warnings: [String] = []
    for (_, path) in checkpoints().reversed() {
      do {
        let file = try TensorFile(contentsOf: path)
        guard file.metadata[Self.keyNote] == key.digest else { continue }
        guard let text = file.metadata[Self.recordNote],
          let record = try? JSONDecoder().decode(TrainingRecord.self, from: Data(text.utf8))
        else {
          warnings.append("\(path): the record is damaged; going back to an earlier checkpoint")
          continue
        }
        return (Restored(file: file, path: path, record: record), warnings)
      } catch {
        warnings.append("\(error); going back to an earlier checkpoint")
      }
    }
    return (nil, warnings)
  }

  /// Saves the state after `record`'s last epoch, and forgets all but the one before.
  func save(_ network: Network, key: StageKey, record: TrainingRecord) throws(RunError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    guard let data = try? encoder.encode(record) else {
      throw .storage("the record of epoch \(record.epochs.count) cannot be written as JSON")
    }
    let notes = [Self.keyNote: key.digest, Self.recordNote: String(decoding: data, as: UTF8.self)]
    do {
      try DurableFile.makeFolder(folder)
    } catch {
      throw .storage("\(error)")
    }
    let earlier = checkpoints()
    do {
      try Checkpoint.file(network, notes: notes).write(to: path(epoch: record.epochs.count))
    } catch {
      throw .storage("\(error)")
    }
    for (epoch, path) in earlier.dropLast() where epoch != record.epochs.count {
      try? FileManager.default.removeItem(atPath: path)
    }
  }

  /// Epochs that are done, whatever stage they are of.
  var newestEpoch: Int? { checkpoints().last?.epoch }

  func clear() {
    for (_, path) in checkpoints() { try? FileManager.default.removeItem(atPath: path) }
  }

  private func path(epoch: Int) -> String { "\(folder)/\(Self.prefix)\(epoch)\(Self.suffix)" }

  /// Ascending by epoch.
  private func checkpoints() -> [(epoch: Int, path: String)] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.compactMap { name -> (epoch: Int, path: String)? in
      guard name.hasPrefix(Self.prefix), name.hasSuffix(Self.suffix) else { return nil }
      guard let epoch = Int(name.dropFirst(Self.prefix.count).dropLast(Self.suffix.count)) else { return nil }
      return (epoch, path(epoch: epoch))
    }.sorted { $0.epoch < $1.epoch }
  }
}
