import Foundation

/// Description of the process that holds the system's lock of a file (flock), for messages.
enum FileLockOwner {
  /// `process 4711`, or `another process` if the system does not say.
  static func description(of descriptor: Int32) -> String {
    var status = stat()
    guard fstat(descriptor, &status) == 0,
      let locks = try? String(contentsOfFile: "/proc/locks", encoding: .utf8),
      let process = process(withLockOf: UInt64(status.st_ino), in: locks)
    else { return "another process" }
    return "process \(process)"
  }

  /// The process with the lock of a file; nil if there is none in the list.
  ///
  /// - Parameter locks: lines such as `3: FLOCK  ADVISORY  WRITE 4711 08:02:131218 0 EOF`, see
  ///   proc(5)
  static func process(withLockOf file: UInt64, in locks: String) -> Int32? {
    for line in locks.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count > 5, words[1] == "FLOCK", words[5].hasSuffix(":\(file)"),
        let process = Int32(words[4]),
        process > 0
      else { continue }
      return process
    }
    return nil
  }
}
