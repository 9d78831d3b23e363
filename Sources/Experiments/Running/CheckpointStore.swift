import Foundation
import Network
import TensorFiles
import Training

/// The checkpoints of one training in a separate folder; the last two are kept.
///
/// Each is a checksummed tensor file, so that any damage is noticed, and is written atomically.
struct CheckpointStore: Sendable {
  let folder: String

  private static let prefix = "checkpoint-"
  private static let suffix = ".safetensors"
  private static let keyNote = "stage"
  private static let recordNote = "record"

  /// Position in a training: completed epochs, and steps of the current epoch.
  struct Position: Comparable {
    var epoch: Int
    var step: Int

    init(_ record: TrainingRecord) {
      epoch = record.epochs.count
      step = record.current?.progress.steps ?? 0
    }

    /// From the name of a file, `checkpoint-<epoch>-<step>.safetensors`.
    init?(fileName: String) {
      guard fileName.hasPrefix(prefix), fileName.hasSuffix(suffix) else { return nil }
      let numbers = fileName.dropFirst(prefix.count).dropLast(suffix.count).split(separator: "-").map {
        Int($0)
      }
      guard numbers.count == 2, let epoch = numbers[0], let step = numbers[1] else { return nil }
      (self.epoch, self.step) = (epoch, step)
    }

    var fileName: String { "\(prefix)\(epoch)-\(step)\(suffix)" }

    static func < (left: Position, right: Position) -> Bool {
      (left.epoch, left.step) < (right.epoch, right.step)
    }
  }

  /// The contents of a checkpoint.
  struct Restored {
    var file: TensorFile
    var path: String
    var record: TrainingRecord
  }

  /// The newest undamaged checkpoint of this stage, and a sentence for each damaged one that was
  /// skipped.
  func newest(_ key: StageKey) -> (restored: Restored?, warnings: [String]) {
    var warnings: [String] = []
    for position in positions().reversed() {
      let path = path(position)
      do throws(TensorFileError) {
        // The program has written it, so that its size needs no limit.
        let bytes = try DurableFile.read(path, largest: .max)
        if let restored = try Self.read(bytes, path: path, stage: key.digest) {
          return (restored, warnings)
        }
      } catch {
        warnings.append("\(error); going back to an earlier checkpoint")
      }
    }
    return (nil, warnings)
  }

  /// Reads the bytes of a checkpoint; nil if it belongs to another stage.
  static func read(_ bytes: [UInt8], path: String, stage: String) throws(TensorFileError) -> Restored? {
    let file = try TensorFile(checksummed: bytes, file: path)
    guard file.metadata[keyNote] == stage else { return nil }
    guard let text = file.metadata[recordNote],
      let record = try? JSONDecoder().decode(TrainingRecord.self, from: Data(text.utf8))
    else {
      throw TensorFileError(
        file: path, offset: nil, problem: "damaged: no record of the training", expected: "a checkpoint")
    }
    return Restored(file: file, path: path, record: record)
  }

  /// Saves the state at the end of `record`, and deletes all checkpoints but the previous one.
  func save(_ network: Network, key: StageKey, record: TrainingRecord) throws(RunError) {
    let position = Position(record)
    guard let bytes = Self.bytes(network, stage: key.digest, record: record) else {
      throw .storage("the record of epoch \(position.epoch) cannot be written as JSON")
    }
    try stored {
      try DurableFile.makeFolder(folder)
      try DurableFile.write(bytes, to: path(position))
    }
    let before = positions().last { $0 < position }
    for other in positions() where other != position && other != before {
      try? FileManager.default.removeItem(atPath: path(other))
    }
  }

  static func bytes(_ network: Network, stage: String, record: TrainingRecord) -> [UInt8]? {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    guard let data = try? encoder.encode(record) else { return nil }
    let notes = [keyNote: stage, recordNote: String(decoding: data, as: UTF8.self)]
    return Checkpoint.file(network, notes: notes).checksummed()
  }

  /// Whether there is a checkpoint after this epoch, of any stage.
  func has(epoch: Int) -> Bool { positions().contains { $0.epoch == epoch && $0.step == 0 } }

  /// Completed epochs, of any stage.
  var newestEpoch: Int? { positions().last?.epoch }

  func clear() {
    for position in positions() { try? FileManager.default.removeItem(atPath: path(position)) }
  }

  private func path(_ position: Position) -> String { "\(folder)/\(position.fileName)" }

  /// Ascending.
  private func positions() -> [Position] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.compactMap(Position.init(fileName:)).sorted()
  }
}
