import Foundation
import Reports
import TensorFiles

/// Locks a folder against a second run: two runs would overwrite each other's files.
///
/// The lock is a file that the first process creates (`O_EXCL`, which works across hosts that share
/// the folder) and removes at the end. It contains the owner's record, see ``LockRecord``. If the
/// owner has died, the file stays:
///
/// - An owner on the same host also held the system's lock (flock) on it, which is released when
///   the process ends. The process that gets this lock takes over the file.
/// - For an owner on another host, or on a file system without flock, only the record is known,
///   which a living owner rewrites every few seconds. A process that has seen no change for a
///   minute, by its own clock, takes over the file. Clocks of different hosts are not compared.
///
/// An owner that was suspended for so long that its lock was taken over, or whose folder was
/// removed, notices this at its next heartbeat (``interruption``). The file must be a regular file;
/// anything else with this name is neither followed nor written to.
final class FolderLock: Sendable {
  /// The name of the file.
  static let name = "lock"

  private let path: String
  private let descriptor: Int32
  private let heartbeat: Heartbeat

  /// Interruption of the locked work: requested by the given interruption, and when the lock is
  /// lost.
  let interruption: Interruption

  /// Whether the lock is lost: another process has taken it over, or the folder was removed.
  var isLost: Bool { interruption.isRequestedItself }

  /// Whether the lock's file is gone, as with a folder that was removed: nobody has the lock then.
  var isRemoved: Bool { isAbsent(path) }

  /// Whether another process has taken over the lock.
  var isTakenOver: Bool { isLost && !isRemoved }

  /// Locks a folder, and creates it if it does not exist.
  ///
  /// - Parameters:
  ///   - interruption: ends the wait for another process.
  ///   - announce: is called with a message if the lock waits long for another process.
  /// - Throws: `RunError.inUse` with the process that has the lock, or `.storage` if the folder
  ///   cannot be used.
  init(
    _ folder: String, rules: LockRules = LockRules(), interruption: Interruption = Interruption(),
    announce: @escaping (String) -> Void = { _ in }
  ) throws(RunError) {
    path = "\(folder)/\(Self.name)"
    self.interruption = Interruption(within: interruption)
    let record = LockRecord(owner: rules.owner)
    let taking = LockTaking(
      folder: folder, path: path, record: record, rules: rules, interruption: interruption, announce: announce
    )
    descriptor = try taking.descriptor()
    heartbeat = Heartbeat(path: path, record: record, interval: rules.interval, lost: self.interruption)
  }

  /// Whether the lock is still that of this process, by what its file says now: a process that was
  /// suspended must not write before its next heartbeat, either. If not, the work is interrupted.
  func isOwned() -> Bool {
    if heartbeat.isLost { interruption.request() }
    return !isLost
  }

  /// Whether a folder seems to have a living owner, judging only by the record: without locking,
  /// creating or waiting.
  ///
  /// On this host, the process is looked up. For an owner on another host, the age of the record
  /// decides, by the clocks of both hosts, which is good enough for display but not for taking over
  /// a lock.
  static func seemsOwned(_ folder: String, rules: LockRules = LockRules()) -> Bool {
    let path = "\(folder)/\(name)"
    guard let owner = LockRecord(path: path)?.owner else { return false }
    // EPERM: the process belongs to another user.
    if owner.isOnSameHost(as: rules.owner) { return kill(owner.process, 0) == 0 || errno == EPERM }
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    guard let written = attributes?[.modificationDate] as? Date else { return false }
    return Date.now.timeIntervalSince(written) < rules.patience / .seconds(1)
  }

  deinit {
    // Remove the file before the system's lock is released, so that nobody finds it without an
    // owner.
    if heartbeat.stop() { unlink(path) }
    close(descriptor)
  }
}
