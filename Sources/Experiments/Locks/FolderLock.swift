import Foundation
import TensorFiles

/// Keeps a second run out of a folder: two would write over each other's files.
///
/// The lock is a file, made by whoever comes first (`O_EXCL`, which holds across the hosts that
/// share the folder) and removed at the end. It has the owner's record, see ``LockRecord``. Where
/// its owner has died, the file stays:
///
/// - An owner on the same host had the system's lock (flock) on it as well, which ends with the
///   process. Whoever gets that takes the file over.
/// - Of an owner on another host, and where the file system has no flock, nothing is known but its
///   record, which a living owner writes anew every few seconds. Whoever has seen it stay the same
///   for a minute, by a clock of its own, takes the file over. Clocks of hosts are not compared.
///
/// An owner that was held up for so long, and whose lock has been taken meanwhile, learns so at its
/// next beat (``interruption``). The file is a regular one; whatever else has that name is neither
/// followed nor written to.
final class FolderLock: Sendable {
  private let path: String
  private let descriptor: Int32
  private let heartbeat: Heartbeat

  /// Of the work that the lock is for: requested with the one that was given, and once another
  /// process has taken the lock over.
  let interruption: Interruption

  /// Whether another process has taken the lock over.
  var isTakenOver: Bool { interruption.isRequestedItself }

  /// Locks a folder, which is made where it is not there yet.
  ///
  /// - Parameters:
  ///   - interruption: ends the wait for another process.
  ///   - announce: is told whom the lock waits for, when that takes long.
  /// - Throws: `RunError.inUse`, naming the process that has the lock, or `.storage` where the
  ///   folder cannot be used.
  init(
    _ folder: String, rules: LockRules = LockRules(), interruption: Interruption = Interruption(),
    announce: @escaping (String) -> Void = { _ in }
  ) throws(RunError) {
    path = folder + "/lock"
    self.interruption = Interruption(within: interruption)
    let record = LockRecord(owner: rules.owner)
    let taking = LockTaking(
      folder: folder, path: path, record: record, rules: rules, interruption: interruption, announce: announce
    )
    descriptor = try taking.descriptor()
    heartbeat = Heartbeat(path: path, record: record, interval: rules.interval, lost: self.interruption)
  }

  /// Whether a folder seems to have a living owner, by the record alone: nothing is locked, made or
  /// waited for.
  ///
  /// On this host the process is looked for. Of an owner on another one, the record's age tells, by
  /// the clocks of both: good enough to show, not to take a lock over.
  static func seemsOwned(_ folder: String, rules: LockRules = LockRules()) -> Bool {
    let path = folder + "/lock"
    guard let owner = LockRecord(path: path)?.owner else { return false }
    // EPERM: it is another user's.
    if owner.isOnSameHost(as: rules.owner) { return kill(owner.process, 0) == 0 || errno == EPERM }
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    guard let written = attributes?[.modificationDate] as? Date else { return false }
    return Date.now.timeIntervalSince(written) < rules.patience / .seconds(1)
  }

  deinit {
    // The file goes before the system's lock does: nobody finds it without an owner.
    if heartbeat.stop() { unlink(path) }
    close(descriptor)
  }
}
