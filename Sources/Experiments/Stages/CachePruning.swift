import Foundation

/// What to take out of a stage cache, and what happened to it.
public struct CachePruning: Encodable {
  public let removed: [CacheEntry]
  /// Left alone because a run works at them.
  public let inUse: [CacheEntry]

  /// - Parameters:
  ///   - unusedOnly: keep what an experiment's last run used.
  ///   - minimumAge: keep what is younger, in seconds.
  ///   - isDry: remove nothing, only say what would be.
  /// - Throws: `RunError.storage` where something cannot be removed.
  public init(
    results: String, unusedOnly: Bool, minimumAge: Int, isDry: Bool
  ) throws(RunError) {
    var (removed, inUse): ([CacheEntry], [CacheEntry]) = ([], [])
    for entry in StageCache(results: results).entries(of: results)
    where (entry.isUnused || !unusedOnly) && entry.ageSeconds >= minimumAge {
      do throws(RunError) {
        // Nobody begins to work at it while it goes.
        let lock = try FolderLock(entry.path)
        defer { withExtendedLifetime(lock) {} }
        if !isDry { try Self.remove(entry.path) }
        removed.append(entry)
      } catch .inUse {
        inUse.append(entry)
      } catch {
        throw error
      }
    }
    self.removed = removed
    self.inUse = inUse
  }

  private static func remove(_ folder: String) throws(RunError) {
    do { try FileManager.default.removeItem(atPath: folder) } catch {
      throw .storage("\(folder): cannot be removed: \(error.localizedDescription)")
    }
  }
}

/// The stage cache of a results folder as a list.
public struct CacheListing {
  public let entries: [CacheEntry]

  public init(results: String) { entries = StageCache(results: results).entries(of: results) }

  public func text() -> String {
    guard !entries.isEmpty else { return "nothing is cached" }
    let rows = entries.map { entry in
      [
        String(entry.key.prefix(12)), "\(entry.epochsDone)/\(entry.epochs.map(String.init) ?? "?")",
        size(entry.bytes),
        age(entry.ageSeconds),
        entry.stage, entry.isUnused ? "nothing" : entry.experiments.joined(separator: ", "),
      ]
    }
    let table = columns([["key", "epochs", "size", "age", "training", "used by"]] + rows)
    return (table + ["", "\(entries.count) trainings, \(size(entries.map(\.bytes).reduce(0, +)))"])
      .joined(separator: "\n")
  }

  public func json() -> String { jsonOutput(entries) }

  private func columns(_ rows: [[String]]) -> [String] {
    let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { column, text in
        column == row.count - 1 ? text : text + String(repeating: " ", count: widths[column] - text.count)
      }.joined(separator: "  ")
    }
  }
}

extension CachePruning {
  /// - Parameter isDry: whether it only would be so.
  public func text(isDry: Bool) -> String {
    let verb = isDry ? "would remove" : "removed"
    var lines = removed.map { "\(verb) \($0.key.prefix(12)): \($0.stage), \(size($0.bytes))" }
    lines += inUse.map { "in use, left alone: \($0.key.prefix(12)): \($0.stage)" }
    lines.append("\(verb) \(removed.count) trainings, \(size(removed.map(\.bytes).reduce(0, +)))")
    return lines.joined(separator: "\n")
  }

  public func json() -> String { jsonOutput(self) }
}

/// `512 B`, `80.4 KiB`, `1.2 GiB`.
func size(_ bytes: Int) -> String {
  guard bytes >= 1024 else { return "\(bytes) B" }
  var value = Double(bytes) / 1024
  for unit in ["KiB", "MiB", "GiB"] {
    if value < 1024 { return String(format: "%.1f ", value) + unit }
    value /= 1024
  }
  return String(format: "%.1f TiB", value)
}

/// `12 s`, `5 min`, `3 h`, `9 d`.
func age(_ seconds: Int) -> String {
  switch seconds {
  case ..<120: "\(seconds) s"
  case ..<7200: "\(seconds / 60) min"
  case ..<172_800: "\(seconds / 3600) h"
  default: "\(seconds / 86_400) d"
  }
}
