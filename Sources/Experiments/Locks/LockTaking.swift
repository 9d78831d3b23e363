import Foundation
import TensorFiles

/// Acquisition of a lock file, see ``FolderLock``.
struct LockTaking {
  let folder: String
  let path: String
  let record: LockRecord
  let rules: LockRules
  let interruption: Interruption
  let announce: (String) -> Void

  /// Errors of file systems without locks (flock(2); EINVAL and ENOTTY from some FUSE drivers).
  private static let isMissing: Set<Int32> = [ENOLCK, ENOSYS, EOPNOTSUPP, ENOTSUP, EINVAL, ENOTTY]
  /// Largest number of attempts; each further one means that another process came or went in
  /// between.
  private static let attempts = 1000
  private static let pause: TimeInterval = 0.02
  /// Number of times to recheck a file without a record: its creator is about to write one, unless
  /// it was killed.
  private static let looks = 50

  /// The open lock file, which this process owns from now on.
  func descriptor() throws(RunError) -> Int32 {
    var looks = 0
    for _ in 0..<Self.attempts {
      try stored { try DurableFile.makeFolder(folder) }
      if let made = try made() { return made }
      guard let found = try opened() else { continue }
      do throws(RunError) {
        let hasFlock = try locked(found)
        guard isStill(found) else {
          close(found)
          continue
        }
        if LockRecord(descriptor: found) == nil, looks < Self.looks {
          looks += 1
          close(found)
          Thread.sleep(forTimeInterval: Self.pause)
          continue
        }
        if try taken(found, hasFlock: hasFlock) { return found }
        close(found)
      } catch {
        close(found)
        throw error
      }
    }
    throw .storage("\(path): is removed again and again; expected a folder that stays")
  }

  /// Creates a file with the record; nil if the file exists already, or not any more.
  private func made() throws(RunError) -> Int32? {
    let made = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard made >= 0 else {
      // The folder may be removed between creating and opening.
      if errno == EEXIST || errno == ENOENT { return nil }
      throw unusable("opened", errno)
    }
    do throws(RunError) {
      try waitForLock(made)
      // Whoever had the lock may have removed the file, and another one may have the name now.
      guard isStill(made) else {
        close(made)
        return nil
      }
      guard record.write(to: path) else { throw unusable("written", errno) }
    } catch {
      // Another process may have taken it over meanwhile.
      if isStill(made), Heartbeat.owns(path, record.id) != false { unlink(path) }
      close(made)
      throw error
    }
    return made
  }

  /// Waits for the system's lock of a new file. Other processes that check the file hold its lock
  /// briefly, and do not change a file without a record; but they may be stopped in between.
  private func waitForLock(_ descriptor: Int32) throws(RunError) {
    let start = ContinuousClock.now
    var isAnnounced = false
    while rules.systemLock(descriptor) == EWOULDBLOCK {
      if interruption.isRequested { throw .training(.interrupted) }
      if !isAnnounced, ContinuousClock.now - start > rules.silence {
        announce(
          "\(path): waiting for \(FileLockOwner.description(of: descriptor)), which has locked the file")
        isAnnounced = true
      }
      Thread.sleep(forTimeInterval: Self.pause / 4)
    }
  }

  /// Opens the existing file; nil if it no longer exists.
  private func opened() throws(RunError) -> Int32? {
    let opened = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard opened >= 0 else {
      if errno == ENOENT { return nil }
      throw unusable("opened", errno)
    }
    var status = stat()
    guard fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(opened)
      throw .storage("\(path): is not a regular file; expected a lock of this program: remove it")
    }
    guard status.st_nlink <= 1 else {
      close(opened)
      throw .storage("\(path): has another name besides; expected a lock of this program: remove it")
    }
    return opened
  }

  /// Whether the system's lock was acquired; false if the file system has none.
  private func locked(_ descriptor: Int32) throws(RunError) -> Bool {
    let code = rules.systemLock(descriptor)
    if code == 0 { return true }
    if code == EWOULDBLOCK { throw inUse(LockRecord(descriptor: descriptor)) }
    if Self.isMissing.contains(code) { return false }
    throw .storage("\(path): cannot be locked: \(String(cString: strerror(code)))")
  }

  /// Takes over a file whose owner is dead; false if it no longer exists.
  private func taken(_ descriptor: Int32, hasFlock: Bool) throws(RunError) -> Bool {
    let found = LockRecord(descriptor: descriptor)
    let isSure = hasFlock && found?.owner.isOnSameHost(as: rules.owner) ?? false
    if !isSure, let found, try !isDead(found) { return false }
    guard record.write(to: path) else { throw unusable("written", errno) }
    if isSure { return true }
    // A process on another host may have waited for the same owner.
    Thread.sleep(forTimeInterval: rules.settling / .seconds(1))
    let owner = LockRecord(path: path)
    guard owner?.id == record.id else { throw inUse(owner) }
    return true
  }

  /// Whether the owner has no heartbeat during the whole wait; false if it has released the lock.
  private func isDead(_ found: LockRecord) throws(RunError) -> Bool {
    let start = ContinuousClock.now
    let pause = min(rules.interval / .seconds(2), 0.5)
    var isAnnounced = false
    while ContinuousClock.now - start < rules.patience {
      if interruption.isRequested { throw .training(.interrupted) }
      if !isAnnounced, ContinuousClock.now - start > rules.silence {
        announce(
          "\(folder): waiting for a heartbeat of \(found.described(for: rules.owner)), which has locked the folder; "
            + "its lock is taken over \(Int(rules.patience / .seconds(1))) seconds after the last heartbeat")
        isAnnounced = true
      }
      Thread.sleep(forTimeInterval: pause)
      guard let now = LockRecord(path: path) else {
        // The file is being written, or no longer exists.
        if access(path, F_OK) != 0 { return false }
        continue
      }
      if now != found { throw inUse(now) }
    }
    return true
  }

  private func inUse(_ owner: LockRecord?) -> RunError {
    .inUse(folder: folder, owner: owner.map { $0.described(for: rules.owner) } ?? "")
  }

  /// - Parameter verb: what failed, `opened` or `written`.
  private func unusable(_ verb: String, _ code: Int32) -> RunError {
    code == ELOOP
      ? .storage("\(path): is a symbolic link; expected a lock of this program: remove it")
      : .storage("\(path): cannot be \(verb): \(String(cString: strerror(code))); expected a writable place")
  }

  private func isStill(_ descriptor: Int32) -> Bool {
    var (own, named) = (stat(), stat())
    return fstat(descriptor, &own) == 0 && lstat(path, &named) == 0 && own.st_ino == named.st_ino
      && own.st_dev == named.st_dev
  }
}
