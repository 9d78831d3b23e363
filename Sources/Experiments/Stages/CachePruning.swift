import Foundation
import Reports

/// Trainings and shared beginnings that were removed from a stage cache, or would be in a dry run.
public struct CachePruning: Encodable {
  public let removed: [CacheEntry]
  /// Trainings that were not removed because a run is using them.
  public let inUse: [CacheEntry]
  /// A sentence for each experiment whose entries are not known, so that its runs do not keep them.
  public let problems: [String]
  /// A sentence for each reason why something could not be removed.
  public let failures: [String]

  private enum CodingKeys: CodingKey { case removed, inUse }

  /// - Parameters:
  ///   - unusedOnly: whether to keep trainings that an experiment's last run used.
  ///   - minimumAge: minimum age in seconds; younger trainings are kept.
  ///   - isDry: whether to remove nothing and only report, without waiting for owners on other
  ///     hosts.
  ///   - announce: is called with a message if it waits long for such an owner.
  /// - Throws: `RunError.storage` if a folder cannot be read, or with `unusedOnly` if it is not
  ///   known which trainings an experiment uses.
  public init(
    results: String, unusedOnly: Bool, minimumAge: Int, isDry: Bool,
    announce: @escaping (String) -> Void = { _ in }
  ) throws(RunError) {
    var (removed, inUse): ([CacheEntry], [CacheEntry]) = ([], [])
    var failures: [String] = []
    let (all, problems) = try StageCache(results: results).entries(of: results)
    if unusedOnly, let problem = problems.first { throw .storage("\(problem), so that nothing is removed") }
    self.problems = problems
    let entries = all.filter { ($0.isUnused || !unusedOnly) && $0.ageSeconds >= minimumAge }
    for entry in entries {
      do throws(RunError) {
        let isFree = try Self.remove(entry, of: results, isDry: isDry, announce)
        if isFree { removed.append(entry) } else { inUse.append(entry) }
      } catch {
        // Entries of the same experiment may have the same reason.
        if !failures.contains(error.description) { failures.append(error.description) }
      }
    }
    self.removed = removed
    self.inUse = inUse
    self.failures = failures
  }

  /// Removes an entry, unless in a dry run; returns false if a run is using it.
  private static func remove(
    _ entry: CacheEntry, of results: String, isDry: Bool, _ announce: @escaping (String) -> Void
  ) throws(RunError) -> Bool {
    // A run holds the locks of its experiments, and only those of trainings that it is doing.
    for experiment in entry.experiments {
      let state = ResultFolders(results: results, experiment: experiment).state
      if try isOwned(state, isDry: isDry, announce) { return false }
    }
    return try isDry ? !FolderLock.seemsOwned(entry.path) : removeUnlessInUse(entry.path, announce)
  }

  /// Whether a run has the lock of an experiment.
  private static func isOwned(
    _ state: String, isDry: Bool, _ announce: @escaping (String) -> Void
  ) throws(RunError) -> Bool {
    guard !isDry else { return FolderLock.seemsOwned(state) }
    do throws(RunError) { _ = try FolderLock(state, announce: announce) } catch .inUse { return true }
    return false
  }

  /// Removes a folder, or a link to one with the contents of the folder; returns false if a run is
  /// using it.
  private static func removeUnlessInUse(
    _ folder: String, _ announce: @escaping (String) -> Void
  ) throws(RunError) -> Bool {
    let target = linkedFolder(folder)
    do throws(RunError) {
      // Prevents runs from using it during removal. Its path is not that of a link, which is
      // removed before it.
      let lock = try FolderLock(target ?? folder, announce: announce)
      defer { withExtendedLifetime(lock) {} }
      for name in try names(in: folder) where name != FolderLock.name { try remove("\(folder)/\(name)") }
      if target != nil {
        try remove(folder)
        return true
      }
    } catch .inUse {
      return false
    }
    // Not before the lock is closed, since network file systems keep a name for every open file. A
    // run may use the folder again by now.
    let code = rmdir(folder) == 0 ? 0 : errno
    // Systems differ in what they say of a folder that is not empty.
    guard [0, ENOENT, ENOTEMPTY, EEXIST].contains(code) else {
      throw .storage("\(folder): cannot be removed: \(String(cString: strerror(code)))")
    }
    return true
  }

  /// The path of the folder to which a link leads; nil for other paths.
  private static func linkedFolder(_ path: String) -> String? {
    guard (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) != nil,
      let real = realpath(path, nil)
    else { return nil }
    defer { free(real) }
    return String(cString: real)
  }

  private static func remove(_ path: String) throws(RunError) {
    do { try FileManager.default.removeItem(atPath: path) } catch {
      throw .storage("\(path): cannot be removed: \(error.localizedDescription)")
    }
  }
}

/// List of the stage cache of a results folder.
public struct CacheListing {
  public let entries: [CacheEntry]
  /// A sentence for each experiment of which it is not known which entries it uses.
  public let problems: [String]

  /// - Throws: `RunError.storage` if a folder cannot be read.
  public init(results: String) throws(RunError) {
    (entries, problems) = try StageCache(results: results).entries(of: results)
  }

  /// Two lines for each training or beginning: its description, and its progress, size and age.
  public func text() -> String {
    guard !entries.isEmpty else { return "nothing is cached" }
    let lines = entries.flatMap { entry in
      [
        "\(entry.key.prefix(12))  \(entry.stage)",
        "  \(entry.progress), \(size(entry.bytes)), \(age(entry.ageSeconds)) old, used by "
          + (entry.isUnused ? "nothing" : entry.experiments.joined(separator: ", ")),
      ]
    }
    return (lines + ["", total(entries)]).joined(separator: "\n")
  }

  public func json() -> String { jsonText(entries, pretty: true) }
}

extension CachePruning {
  /// - Parameter isDry: whether nothing was actually removed.
  public func text(isDry: Bool) -> String {
    let verb = isDry ? "would remove" : "removed"
    var lines = removed.map { "\(verb) \($0.key.prefix(12)): \($0.stage), \(size($0.bytes))" }
    lines += inUse.map { "in use, not removed: \($0.key.prefix(12)): \($0.stage)" }
    lines.append("\(verb) \(total(removed))")
    return lines.joined(separator: "\n")
  }

  public func json() -> String { jsonText(self, pretty: true) }
}

/// `2 trainings, 1 shared beginning, 1.2 MiB`
private func total(_ entries: [CacheEntry]) -> String {
  let beginnings = entries.count { $0.kind == .beginning }
  return
    ([counted(entries.count - beginnings, "training")]
    + (beginnings > 0 ? [counted(beginnings, CacheEntry.Kind.beginning.rawValue)] : [])
    + [size(entries.map(\.bytes).reduce(0, +))]).joined(separator: ", ")
}

/// `512 B`, `80.4 KiB`, `1.2 GiB`.
private func size(_ bytes: Int) -> String {
  guard bytes >= 1024 else { return "\(bytes) B" }
  var value = Double(bytes) / 1024
  for unit in ["KiB", "MiB", "GiB"] {
    if value < 1024 { return String(format: "%.1f ", value) + unit }
    value /= 1024
  }
  return String(format: "%.1f TiB", value)
}

/// `12 s`, `5 min`, `3 h 20 min`.
private func age(_ seconds: Int) -> String { duration(Double(seconds)) }
