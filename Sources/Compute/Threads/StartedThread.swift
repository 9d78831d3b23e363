import Foundation
import Synchronization

/// A thread of the system that can be waited for.
///
/// Foundation's `Thread` does not say when the system starts no more threads, as under a limit on
/// processes: whoever waits for such a thread waits for ever.
public final class StartedThread: Sendable {
  #if canImport(Darwin)
    private nonisolated(unsafe) let thread: pthread_t
  #else
    private let thread: pthread_t
  #endif
  private let isJoined = Atomic<Bool>(false)

  /// - Parameter stackSize: bytes.
  /// - Returns: nil where the system starts no thread.
  public init?(stackSize: Int = 8 << 20, _ body: @escaping @Sendable () -> Void) {
    var attributes = pthread_attr_t()
    guard pthread_attr_init(&attributes) == 0 else { return nil }
    defer { pthread_attr_destroy(&attributes) }
    guard pthread_attr_setstacksize(&attributes, stackSize) == 0 else { return nil }
    let work = Unmanaged.passRetained(Work(body))
    #if canImport(Darwin)
      var started: pthread_t?
      let code = pthread_create(&started, &attributes, { StartedThread.run($0) }, work.toOpaque())
      guard code == 0, let started else {
        work.release()
        return nil
      }
    #else
      var started = pthread_t()
      let code = pthread_create(
        &started, &attributes, { $0.flatMap { StartedThread.run($0) } }, work.toOpaque())
      guard code == 0 else {
        work.release()
        return nil
      }
    #endif
    thread = started
  }

  deinit {
    if !isJoined.load(ordering: .relaxed) { pthread_detach(thread) }
  }

  /// Returns when the body has ended, and is released.
  public func join() {
    guard !isJoined.exchange(true, ordering: .relaxed) else { return }
    pthread_join(thread, nil)
  }

  private static func run(_ work: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body()
    return nil
  }

  private final class Work {
    let body: () -> Void

    init(_ body: @escaping () -> Void) { self.body = body }
  }
}

/// Runs `body` for every index in `0..<count`, each on a thread of its own, and returns when all
/// have ended.
///
/// The caller's thread runs the first, and then those that the system starts no thread for.
public func concurrently(_ count: Int, _ body: @Sendable (Int) -> Void) {
  concurrently(count, stackSize: 8 << 20, body)
}

func concurrently(_ count: Int, stackSize: Int, _ body: @Sendable (Int) -> Void) {
  guard count > 0 else { return }
  withoutActuallyEscaping(body) { body in
    let threads = (1..<count).map { index in
      StartedThread(stackSize: stackSize) { body(index) }
    }
    body(0)
    for (index, thread) in zip(1..., threads) {
      if let thread { thread.join() } else { body(index) }
    }
  }
}
