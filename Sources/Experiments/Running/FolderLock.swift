import Foundation
import TensorFiles

/// Keeps a second run out of a folder: two would write over each other's files.
///
/// The lock is the system's (flock), so that it ends with the process, however that ends.
final class FolderLock {
  private let descriptor: Int32

  /// Locks a folder, which is made where it is not there yet.
  ///
  /// - Throws: `RunError.inUse`, naming the process that has the lock, or `.storage` where the folder cannot be used.
  init(_ folder: String) throws(RunError) {
    let path = folder + "/lock"
    while true {
      do { try DurableFile.makeFolder(folder) } catch { throw .storage("\(error)") }
      let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
      // The folder may be taken away between making and opening.
      if opened < 0, errno == ENOENT { continue }
      guard opened >= 0 else {
        let reason = String(cString: strerror(errno))
        throw .storage("\(path): cannot be opened: \(reason); expected a writable place")
      }
      guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
        let code = errno
        close(opened)
        guard code == EWOULDBLOCK else {
          throw .storage("\(path): cannot be locked: \(String(cString: strerror(code)))")
        }
        let owner = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        throw .inUse(folder: folder, process: owner.trimmingCharacters(in: .whitespacesAndNewlines))
      }
      if Self.isStill(opened, path) {
        descriptor = opened
        break
      }
      // Whoever had the lock has removed the folder: this is the lock of nothing.
      close(opened)
    }
    // For people: that it cannot be written changes nothing.
    let owner = Array("\(ProcessInfo.processInfo.processIdentifier)\n".utf8)
    if ftruncate(descriptor, 0) == 0 { _ = write(descriptor, owner, owner.count) }
  }

  deinit { close(descriptor) }

  private static func isStill(_ descriptor: Int32, _ path: String) -> Bool {
    var (own, named) = (stat(), stat())
    return fstat(descriptor, &own) == 0 && stat(path, &named) == 0 && own.st_ino == named.st_ino
      && own.st_dev == named.st_dev
  }
}
