import Foundation

/// Writes a lock's record anew at intervals, as long as the lock is its own.
final class Heartbeat {
  private let path: String
  private let id: String
  private let queue = DispatchQueue(label: "lock")
  private let timer: any DispatchSourceTimer

  /// - Parameter lost: requested once another process has taken the lock over.
  init(path: String, record: LockRecord, interval: Duration, lost: Interruption) {
    (self.path, id) = (path, record.id)
    timer = DispatchSource.makeTimerSource(queue: queue)
    var record = record
    var isOwner = true
    timer.setEventHandler {
      guard isOwner else { return }
      isOwner = LockRecord(path: path)?.id == record.id
      guard isOwner else { return lost.request() }
      record.beat += 1
      // Where it cannot be written, a checkpoint cannot either, and says why.
      _ = record.write(to: path)
    }
    let seconds = interval / .seconds(1)
    timer.schedule(deadline: .now() + seconds, repeating: seconds)
    timer.resume()
  }

  /// Ends the beat; whether the lock is still its own.
  func stop() -> Bool {
    timer.cancel()
    // After the beat in progress.
    return queue.sync { LockRecord(path: path)?.id == id }
  }
}
