import Foundation

/// What `Synchronization.Mutex` is, by a lock of the system that ThreadSanitizer can see.
///
/// It cannot see into Synchronization, whose library is not instrumented, and takes everything that
/// its mutex guards for races. `scripts/sanitize-threads.sh` lays this file into every target that
/// has a mutex, where it stands before the imported one.
final class Mutex<Value>: @unchecked Sendable {
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private var value: Value

  init(_ value: consuming sending Value) {
    self.value = value
    lock = .allocate(capacity: 1)
    lock.initialize(to: pthread_mutex_t())
    pthread_mutex_init(lock, nil)
  }

  deinit {
    pthread_mutex_destroy(lock)
    lock.deallocate()
  }

  func withLock<Result, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    return try body(&value)
  }
}
