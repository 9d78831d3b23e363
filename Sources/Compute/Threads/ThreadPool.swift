import CKernels
import Foundation
import Synchronization

/// Threads that wait for loops to share with the thread that starts them.
///
/// Idle threads spin briefly, so that the loops of successive layers start without a system call,
/// then sleep.
final class ThreadPool: Sendable {
  private let shared = Shared()
  private let workers: [StartedThread]
  private let busy = Atomic<Bool>(false)

  /// - Parameters:
  ///   - threads: threads that work on a loop, the caller's included; fewer where the system starts
  ///     no more.
  ///   - stackSize: bytes, of each thread.
  init(threads: Int, stackSize: Int = 1 << 20) {
    var started: [StartedThread] = []
    while started.count < threads - 1,
      let worker = StartedThread(stackSize: stackSize, { [shared] in shared.work() })
    {
      started.append(worker)
    }
    workers = started
  }

  /// Threads that work on a loop, the caller's included.
  var threads: Int { workers.count + 1 }

  deinit {
    shared.stop()
    for worker in workers { worker.join() }
  }

  /// Runs `body` for every index in `0..<count`, in any order, and returns when all are done.
  ///
  /// A call from inside a body, or from a second thread meanwhile, runs on the calling thread
  /// alone.
  func run(_ count: Int, _ body: (Int) -> Void) {
    let alone = workers.isEmpty || count <= 1
    guard !alone, busy.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else {
      for index in 0..<max(count, 0) { body(index) }
      return
    }
    withoutActuallyEscaping(body) { shared.run(count, $0) }
    busy.store(false, ordering: .releasing)
  }

  /// State that workers hold on to; they do not keep the pool itself alive.
  private final class Shared: @unchecked Sendable {
    private let lock = NSCondition()
    /// Grows with every loop; idle workers watch it.
    private let generation = Atomic<Int>(0)
    private let next = Atomic<Int>(0)
    private let participants = Atomic<Int>(0)
    // Guarded by lock.
    private var isOpen = false
    private var isStopped = false
    private var sleepers = 0
    private var callerWaits = false
    private var count = 0
    private var body: ((Int) -> Void)?

    private static let spins = 4000

    func run(_ count: Int, _ body: @escaping (Int) -> Void) {
      lock.lock()
      self.count = count
      self.body = body
      next.store(0, ordering: .relaxed)
      isOpen = true
      generation.wrappingAdd(1, ordering: .releasing)
      if sleepers > 0 { lock.broadcast() }
      lock.unlock()

      take(count, body)

      lock.lock()
      // Workers that have not joined by now are not waited for.
      isOpen = false
      lock.unlock()
      waitForParticipants()
      self.body = nil
    }

    private func waitForParticipants() {
      for _ in 0..<Self.spins where participants.load(ordering: .acquiring) > 0 { ck_spin_pause() }
      guard participants.load(ordering: .acquiring) > 0 else { return }
      lock.lock()
      callerWaits = true
      while participants.load(ordering: .acquiring) > 0 { lock.wait() }
      callerWaits = false
      lock.unlock()
    }

    func work() {
      var seen = 0
      while true {
        var spin = 0
        while generation.load(ordering: .acquiring) == seen && spin < Self.spins {
          ck_spin_pause()
          spin += 1
        }
        lock.lock()
        while generation.load(ordering: .acquiring) == seen && !isStopped {
          sleepers += 1
          lock.wait()
          sleepers -= 1
        }
        if isStopped {
          lock.unlock()
          return
        }
        seen = generation.load(ordering: .acquiring)
        guard isOpen else {
          lock.unlock()
          continue
        }
        participants.wrappingAdd(1, ordering: .acquiringAndReleasing)
        lock.unlock()

        participate()

        participants.wrappingSubtract(1, ordering: .acquiringAndReleasing)
        lock.lock()
        if callerWaits { lock.broadcast() }
        lock.unlock()
      }
    }

    /// A function of its own, so that its hold on the body ends before the worker says that it is
    /// done: the body must not outlive the loop. While there are participants, count and body stay
    /// as they are.
    @inline(never) private func participate() {
      guard let body else { return }
      take(count, body)
    }

    func stop() {
      lock.lock()
      isStopped = true
      lock.broadcast()
      lock.unlock()
    }

    private func take(_ count: Int, _ body: (Int) -> Void) {
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        body(index)
      }
    }
  }
}
