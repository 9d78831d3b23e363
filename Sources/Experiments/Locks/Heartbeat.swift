import Compute
import Foundation

/// Writes a lock's record anew at intervals, as long as the lock is its own.
///
/// On a thread of its own: a timer of Dispatch's would need further open files, and ends the
/// process where it gets none. Where the system starts no thread, the record stays as it is;
/// processes on this host know the owner by the system's lock, but those on others may take it for
/// dead.
final class Heartbeat: Sendable {
  private let path: String
  private let id: String
  private let beat: Beat
  private let thread: StartedThread?

  /// - Parameter lost: requested once another process has taken the lock over.
  init(path: String, record: LockRecord, interval: Duration, lost: Interruption) {
    let beat = Beat(path: path, record: record, interval: interval, lost: lost)
    (self.path, id, self.beat) = (path, record.id, beat)
    thread = StartedThread(stackSize: 1 << 20) { beat.run() }
  }

  /// Ends the beat; whether the lock is still its own.
  func stop() -> Bool {
    beat.stop()
    // After the beat in progress.
    thread?.join()
    return LockRecord(path: path)?.id == id
  }

  /// What the thread does. Unchecked because the compiler cannot see that `condition` guards
  /// `isStopped`, and that the record is the thread's alone.
  private final class Beat: @unchecked Sendable {
    private let path: String
    private let seconds: Double
    private let lost: Interruption
    private let condition = NSCondition()
    private var record: LockRecord
    private var isStopped = false

    init(path: String, record: LockRecord, interval: Duration, lost: Interruption) {
      (self.path, self.record, self.lost) = (path, record, lost)
      seconds = interval / .seconds(1)
    }

    func run() {
      while waits() {
        guard LockRecord(path: path)?.id == record.id else { return lost.request() }
        record.beat += 1
        // Where it cannot be written, a checkpoint cannot either, and says why.
        _ = record.write(to: path)
      }
    }

    /// Waits for an interval, or until it is stopped; whether the former.
    private func waits() -> Bool {
      condition.withLock {
        let due = Date.now.addingTimeInterval(seconds)
        while !isStopped, condition.wait(until: due) {}
        return !isStopped
      }
    }

    func stop() {
      condition.withLock {
        isStopped = true
        condition.signal()
      }
    }
  }
}
