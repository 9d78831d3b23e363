import Foundation

/// Heartbeat interval of lock owners, and how long others wait before they take over a lock.
struct LockRules: Sendable {
  /// The process that takes locks.
  var owner = ProcessIdentity.current
  /// Interval at which an owner rewrites its record.
  var interval: Duration = .seconds(5)
  /// Time without a change of the record after which its owner counts as dead: twelve missed
  /// heartbeats.
  var patience: Duration = .seconds(60)
  /// Time after taking over a lock before checking whether another process did, too.
  var settling: Duration = .seconds(1)
  /// Length of a wait after which it is announced: two heartbeats of a running owner.
  var silence: Duration { interval * 2 }
  /// flock(2): 0, or the system's error. File systems may lack it, or keep it to one host.
  var systemLock: @Sendable (Int32) -> Int32 = { flock($0, LOCK_EX | LOCK_NB) == 0 ? 0 : errno }
}
