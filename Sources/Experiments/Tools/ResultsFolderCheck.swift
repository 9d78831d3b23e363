import Foundation

/// Tests whether runs on several hosts can share a results folder.
public struct ResultsFolderCheck: Encodable, Sendable {
  let path: String
  /// Such as `ext4` or `nfs4`; nil if the system does not say.
  let fileSystem: String?
  /// Nil if the folder can be used.
  let problem: String?
  /// Whether two descriptors exclude each other (flock); nil if it was not tested.
  let hasFlock: Bool?
  let freeGib: Double?

  /// - Parameter path: if it does not exist, its parent folder is tested.
  init(_ path: String) {
    self.path = path
    var folder = URL(fileURLWithPath: path)
    while folder.path != "/", !FileManager.default.fileExists(atPath: folder.path) {
      folder.deleteLastPathComponent()
    }
    fileSystem = Self.fileSystem(of: folder.resolvingSymlinksInPath().path)
    let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder.path)
    let free = attributes?[.systemFreeSize] as? NSNumber
    freeGib = free.map { ($0.doubleValue / 0x1p30 * 10).rounded() / 10 }
    (hasFlock, problem) = Self.trial(in: folder.path)
  }

  /// Makes, locks and renames a file, as runs do.
  private static func trial(in folder: String) -> (hasFlock: Bool?, problem: String?) {
    let name = "\(folder)/.espalier-\(UUID().uuidString)"
    func failure(_ what: String) -> String { "\(what): \(String(cString: strerror(errno)))" }
    let descriptor = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { return (nil, failure("a file cannot be made")) }
    defer {
      close(descriptor)
      unlink(name)
      unlink(name + "-2")
    }
    let second = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard second < 0, errno == EEXIST else {
      if second >= 0 { close(second) }
      return (nil, "a file can be made twice (O_EXCL)")
    }
    guard fsync(descriptor) == 0 else { return (nil, failure("a file cannot be synced")) }
    guard rename(name, name + "-2") == 0 else { return (nil, failure("a file cannot be renamed")) }
    let other = open(name + "-2", O_RDWR | O_CLOEXEC)
    guard other >= 0 else { return (nil, failure("a file cannot be opened again")) }
    defer { close(other) }
    let hasFlock = flock(descriptor, LOCK_EX | LOCK_NB) == 0 && flock(other, LOCK_EX | LOCK_NB) != 0
    return (hasFlock, nil)
  }

  /// The type of the file system of a path: that of the mount point with the longest matching
  /// prefix.
  private static func fileSystem(of path: String) -> String? {
    // proc(5): the mount point is the fifth word, the type the first after a lone dash.
    guard let text = try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8) else { return nil }
    var best: (length: Int, type: String)?
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count > 5, let dash = words.firstIndex(of: "-"), dash + 1 < words.count else { continue }
      let point = words[4].replacingOccurrences(of: "\\040", with: " ")
      guard point == "/" || path == point || path.hasPrefix(point + "/") else { continue }
      // If two file systems are mounted on one point, the later one is visible.
      if point.count >= best?.length ?? 0 { best = (point.count, String(words[dash + 1])) }
    }
    return best?.type
  }

  /// One line.
  var text: String {
    let place = path + (fileSystem.map { " on \($0)" } ?? "") + (freeGib.map { ", \($0) GiB free" } ?? "")
    if let problem { return "\(place); \(problem)" }
    let patience = Int(LockRules().patience / .seconds(1))
    return place
      + (hasFlock == true
        ? "; locked by flock on this host, by owner files from others"
        : "; no flock: locked by owner files, a dead owner is noticed after \(patience) s")
  }
}
