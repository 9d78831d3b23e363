import Compute
import Dispatch
import Foundation

/// Rewrites the record of a lock at intervals, as long as it owns the lock.
///
/// It has a separate thread: a Dispatch timer would need more open files, and ends the process if
/// it gets none. If the system starts no thread, the record does not change; processes on this host
/// see the system's lock, but those on other hosts may consider the owner dead.
final class Heartbeat: Sendable {
  private let path: String
  private let id: String
  private let beat: Beat
  private let thread: StartedThread?

  /// - Parameter lost: requested when another process has taken over the lock, or it is gone.
  init(path: String, record: LockRecord, interval: Duration, lost: Interruption) {
    let beat = Beat(path: path, record: record, interval: interval, lost: lost)
    (self.path, id, self.beat) = (path, record.id, beat)
    thread = StartedThread(stackSize: 1 << 20) { beat.run() }
  }

  /// Whether the record is another one's, or gone.
  var isLost: Bool { Self.owns(path, id) == false }

  /// Stops the heartbeat; returns whether it still owns the lock.
  func stop() -> Bool {
    beat.stop()
    // After the beat in progress.
    thread?.join()
    return Self.owns(path, id) == true
  }

  /// Whether the record of a lock has this id; nil for one that cannot be read, which may be one
  /// that is being written.
  static func owns(_ path: String, _ id: String) -> Bool? {
    if let record = LockRecord(path: path) { return record.id == id }
    return access(path, F_OK) != 0 && errno == ENOENT ? false : nil
  }

  /// The work of the thread. Unchecked because the compiler cannot see that only the thread uses
  /// the record.
  private final class Beat: @unchecked Sendable {
    private let path: String
    private let seconds: Double
    private let lost: Interruption
    private let stopped = DispatchSemaphore(value: 0)
    private var record: LockRecord

    init(path: String, record: LockRecord, interval: Duration, lost: Interruption) {
      (self.path, self.record, self.lost) = (path, record, lost)
      seconds = interval / .seconds(1)
    }

    func run() {
      while waits() {
        guard let isOwner = Heartbeat.owns(path, record.id) else { continue }
        guard isOwner else { return lost.request() }
        record.beat += 1
        // If it cannot be written, a checkpoint cannot either, and that error is reported.
        _ = record.write(to: path)
      }
    }

    /// Waits for an interval, or until it is stopped; returns true after an interval.
    private func waits() -> Bool { stopped.wait(timeout: .now() + seconds) == .timedOut }

    func stop() { stopped.signal() }
  }
}
