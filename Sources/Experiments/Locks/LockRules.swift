import Foundation

/// How owners of folders show that they live, and how long others wait before they take a lock
/// over.
struct LockRules: Sendable {
  /// Who takes locks.
  var owner = ProcessIdentity.current
  /// How often an owner writes its record anew.
  var interval: Duration = .seconds(5)
  /// How long a record has to stay the same before its owner counts as dead: twelve missed beats.
  var patience: Duration = .seconds(60)
  /// How long whoever has taken a lock over waits before it looks whether another one did, too.
  var settling: Duration = .seconds(1)
  /// How long a wait lasts before it is said whom it is for: a living owner has beaten twice by
  /// then.
  var silence: Duration { interval * 2 }
  /// flock(2): 0, or the system's error. File systems may lack it, or keep it to one host.
  var systemLock: @Sendable (Int32) -> Int32 = { flock($0, LOCK_EX | LOCK_NB) == 0 ? 0 : errno }
}
