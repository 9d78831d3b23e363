import Foundation
import Reports
import Specification
import TensorFiles

/// A training or shared beginning in the stage cache, for `espalier cache`.
public struct CacheEntry: Encodable, Sendable {
  public enum Kind: String, Encodable, Sendable {
    case training
    /// A state that several trainings start from, see ``SharedBeginnings``.
    case beginning = "shared beginning"
  }

  public let key: String
  public let kind: Kind
  /// Description of the training.
  public let stage: String
  /// Total number of epochs, including fine-tuning; nil if the folder does not say.
  public let epochs: Int?
  public let epochsDone: Int
  public let bytes: Int
  /// Seconds since the last write.
  let ageSeconds: Int
  /// Names of the experiments whose last run used it.
  public let experiments: [String]
  /// The folder.
  let path: String

  /// `6 of 9 epochs`, or `the state after epoch 6` for a shared beginning.
  var progress: String {
    if kind == .beginning { return "the state after epoch \(epochsDone)" }
    return epochs.map { "\(epochsDone) of \(counted($0, "epoch"))" } ?? counted(epochsDone, "epoch")
  }

  public var isUnused: Bool { experiments.isEmpty }
}

extension StageCache {
  /// All trainings and shared beginnings, newest first, and a sentence for each experiment of which
  /// it is not known which of them it uses.
  ///
  /// - Parameter results: the results folder, whose experiments record the trainings that they use.
  /// - Throws: `RunError.storage` if a folder cannot be read.
  func entries(of results: String) throws(RunError) -> (entries: [CacheEntry], problems: [String]) {
    let (found, problems) = try StageUse.all(in: results)
    var users: [String: [String]] = [:]
    for (experiment, uses) in found {
      for key in Set(uses.flatMap { [$0.key, $0.beginning].compactMap(\.self) }) {
        users[key, default: []].append(experiment)
      }
    }
    let now = Date.now
    let entries = try names(in: folder).filter(Self.isKey).map {
      entry($0, experiments: users[$0] ?? [], at: now)
    }
    // Not by the ages, which are whole seconds.
    let sorted = entries.sorted { ($1.written, $0.entry.key) < ($0.written, $1.entry.key) }
    return (sorted.map(\.entry), problems)
  }

  private static func isKey(_ name: String) -> Bool {
    name.utf8.count == 64 && name.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  /// - Returns: the entry, and the time of its last write; `now` if it has no files.
  private func entry(
    _ key: String, experiments: [String], at now: Date
  ) -> (entry: CacheEntry, written: Date) {
    let path = "\(folder)/\(key)"
    let note = DurableFile.text("\(path)/\(Self.noteName)") ?? ""
    let lines = note.split(separator: "\n")
    let epochs = lines.first { $0.hasPrefix(Self.epochsNote) }.flatMap {
      Int($0.dropFirst(Self.epochsNote.count))
    }
    var bytes = 0
    var newest: Date?
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
      guard let status = try? FileManager.default.attributesOfItem(atPath: "\(path)/\(name)"),
        let size = status[.size] as? Int
      else { continue }
      bytes += size
      // Readers also take the lock.
      if name != FolderLock.name, let date = status[.modificationDate] as? Date {
        newest = max(newest ?? date, date)
      }
    }
    let written = newest ?? now
    let stage = lines.first.map { $0.hasPrefix("# ") ? visible(String($0.dropFirst(2))) : "?" } ?? "?"
    let entry = CacheEntry(
      key: key, kind: stage.hasSuffix(SharedBeginnings.mark) ? .beginning : .training, stage: stage,
      epochs: epochs,
      epochsDone: CheckpointStore(folder: path).newestEpoch ?? 0, bytes: bytes,
      ageSeconds: max(0, Int(now.timeIntervalSince(written))), experiments: experiments, path: path)
    return (entry, written)
  }
}
