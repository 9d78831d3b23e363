import Foundation
import Synchronization
import Testing

@testable import Compute

/// More than any system gives a thread, so that none can be started.
private let impossibleStack = 1 << 60

@Suite("Threads", .timeLimit(.minutes(20)))
struct ThreadTests {
  @Test("a thread runs its body, and lets go of it before whoever joins goes on")
  func thread() throws {
    final class Token: Sendable {}
    let count = Atomic<Int>(0)
    var token: Token? = Token()
    weak let watched = token
    let started = StartedThread { [token] in
      withExtendedLifetime(token) { _ = count.add(1, ordering: .relaxed) }
    }
    token = nil
    try #require(started).join()
    #expect(count.load(ordering: .relaxed) == 1)
    #expect(watched == nil)
  }

  @Test("a thread that the system does not start is said to be none")
  func noThread() {
    #expect(StartedThread(stackSize: impossibleStack) {} == nil)
  }

  @Test("work for several threads is all done, each part once, also where no thread starts")
  func concurrent() {
    for stackSize in [1 << 20, impossibleStack] {
      for count in [0, 1, 2, 7] {
        let done = Mutex([Int](repeating: 0, count: count))
        concurrently(count, stackSize: stackSize) { index in done.withLock { $0[index] += 1 } }
        #expect(done.withLock { $0 } == [Int](repeating: 1, count: count))
      }
    }
  }

  @Test("a pool whose threads do not start has the caller's alone, which does all the work")
  func pool() {
    let pool = ThreadPool(threads: 4, stackSize: impossibleStack)
    #expect(pool.threads == 1)
    #expect(ThreadPool(threads: 3).threads == 3)
    let sum = Atomic<Int>(0)
    pool.run(100) { sum.add($0, ordering: .relaxed) }
    #expect(sum.load(ordering: .relaxed) == 4950)
  }
}
