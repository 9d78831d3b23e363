import Foundation
import Reports
import Specification
import TensorFiles

/// What the stage cache keeps, as `espalier cache` shows it.
public struct CacheEntry: Encodable, Sendable {
  public enum Kind: String, Encodable, Sendable {
    case training
    /// A state that trainings begin with, see ``SharedBeginnings``.
    case beginning = "shared beginning"
  }

  public let key: String
  public let kind: Kind
  /// What is trained.
  public let stage: String
  /// In all, fine-tuning included; nil where the folder does not tell.
  public let epochs: Int?
  public let epochsDone: Int
  public let bytes: Int
  /// Since anything in it was written.
  public let ageSeconds: Int
  /// Names of the experiments whose last run used it.
  public let experiments: [String]
  /// The folder.
  let path: String

  /// `6 of 9 epochs`, or of a beginning `the state after epoch 6`
  var progress: String {
    if kind == .beginning { return "the state after epoch \(epochsDone)" }
    return epochs.map { "\(epochsDone) of \(counted($0, "epoch"))" } ?? counted(epochsDone, "epoch")
  }

  public var isUnused: Bool { experiments.isEmpty }
}

extension StageCache {
  /// All trainings and beginnings, the newest first.
  ///
  /// - Parameter results: the folder of the experiments' results, which say what they use.
  func entries(of results: String) -> [CacheEntry] {
    var users: [String: [String]] = [:]
    for (experiment, uses) in StageUse.all(in: results) {
      for key in Set(uses.flatMap { [$0.key, $0.beginning].compactMap(\.self) }) {
        users[key, default: []].append(experiment)
      }
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter(Self.isKey).map { entry($0, experiments: users[$0] ?? []) }
      .sorted { ($0.ageSeconds, $0.key) < ($1.ageSeconds, $1.key) }
  }

  private static func isKey(_ name: String) -> Bool {
    name.utf8.count == 64 && name.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  private func entry(_ key: String, experiments: [String]) -> CacheEntry {
    let path = "\(folder)/\(key)"
    let note = DurableFile.text("\(path)/\(Self.noteName)") ?? ""
    let lines = note.split(separator: "\n")
    let epochs = lines.first { $0.hasPrefix(Self.epochsNote) }.flatMap {
      Int($0.dropFirst(Self.epochsNote.count))
    }
    var bytes = 0
    var newest = Date.distantPast
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
      guard let status = try? FileManager.default.attributesOfItem(atPath: "\(path)/\(name)"),
        let size = status[.size] as? Int
      else { continue }
      bytes += size
      // The lock is taken by whoever only reads, too.
      if name != "lock", let date = status[.modificationDate] as? Date { newest = max(newest, date) }
    }
    let age = newest == .distantPast ? 0 : Date.now.timeIntervalSince(newest)
    let stage = lines.first.map { $0.hasPrefix("# ") ? visible(String($0.dropFirst(2))) : "?" } ?? "?"
    return CacheEntry(
      key: key, kind: stage.hasSuffix(SharedBeginnings.mark) ? .beginning : .training, stage: stage,
      epochs: epochs,
      epochsDone: CheckpointStore(folder: path).newestEpoch ?? 0, bytes: bytes, ageSeconds: max(0, Int(age)),
      experiments: experiments, path: path)
  }
}
