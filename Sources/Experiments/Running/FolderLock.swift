import Foundation
import TensorFiles

/// Keeps a second run out of an experiment's folder: two would write over each other's checkpoints.
///
/// The lock is the system's (flock), so that it ends with the process, however that ends.
final class FolderLock {
  private let descriptor: Int32

  /// Locks a folder, which is made where it is not there yet.
  ///
  /// - Throws: `RunError.storage`, naming the process that has the lock, or why the folder cannot be used.
  init(_ folder: String) throws(RunError) {
    do { try DurableFile.makeFolder(folder) } catch { throw .storage("\(error)") }
    let path = folder + "/lock"
    let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard opened >= 0 else {
      let reason = String(cString: strerror(errno))
      throw .storage("\(path): cannot be opened: \(reason); expected a writable place")
    }
    guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
      close(opened)
      let owner = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
      throw .storage(
        "\(folder): in use by another run"
          + (owner.isEmpty ? "" : ", process \(owner.trimmingCharacters(in: .whitespacesAndNewlines))"))
    }
    descriptor = opened
    // For people: that it cannot be written changes nothing.
    let owner = Array("\(ProcessInfo.processInfo.processIdentifier)\n".utf8)
    if ftruncate(descriptor, 0) == 0 { _ = write(descriptor, owner, owner.count) }
  }

  deinit { close(descriptor) }
}
