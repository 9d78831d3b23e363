import CKernels
import Synchronization

/// Memory that operations use while they run, kept for the next operation: fresh pages from the
/// system cost as much as using them.
final class Scratch: Sendable {
  private struct Free: @unchecked Sendable {
    var buffers: [UnsafeMutableBufferPointer<Float>] = []
  }

  private let free = Mutex(Free())
  private let slots: Slots
  /// Buffers that are kept.
  private let most: Int

  init(threads: Int) {
    slots = Slots(threads: threads)
    // A task takes up to six, of different sizes.
    most = 16 + 6 * threads
  }

  deinit {
    free.withLock { free in
      for buffer in free.buffers { UnsafeMutableRawBufferPointer(buffer).deallocate() }
    }
  }

  /// Calls `body` with at least `count` floats, aligned to 64 bytes, with unspecified values.
  func floats<Result>(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Result) -> Result {
    if count <= Slots.size, let index = slots.take() {
      defer { slots.free(index) }
      return body(slots.memory(index))
    }
    let buffer = allocate(count)
    defer { recycle(buffer) }
    // allocate() never returns an empty buffer.
    return body(buffer.baseAddress.unsafelyUnwrapped)
  }

  private func allocate(_ count: Int) -> UnsafeMutableBufferPointer<Float> {
    let wanted = max(count, 1)
    let known = free.withLock { free -> UnsafeMutableBufferPointer<Float>? in
      // The smallest that is large enough, but none so large that a big request would then miss it.
      var best: Int?
      for (index, buffer) in free.buffers.enumerated() where buffer.count >= wanted {
        if buffer.count <= best.map({ free.buffers[$0].count - 1 }) ?? 8 * wanted + 4096 { best = index }
      }
      guard let best else { return nil }
      free.buffers.swapAt(best, free.buffers.count - 1)
      nonisolated(unsafe) let buffer = free.buffers.removeLast()
      return buffer
    }
    if let known { return known }
    let raw = UnsafeMutableRawBufferPointer.allocate(
      byteCount: wanted.roundedUp(to: 16) * MemoryLayout<Float>.stride, alignment: 64)
    return raw.bindMemory(to: Float.self)
  }

  private func recycle(_ buffer: UnsafeMutableBufferPointer<Float>) {
    nonisolated(unsafe) let buffer = buffer
    free.withLock { free in
      free.buffers.append(buffer)
      guard free.buffers.count > most else { return }
      // The smallest goes, whose pages are soonest had again.
      let smallest = free.buffers.indices.min { free.buffers[$0].count < free.buffers[$1].count }
      if let smallest { UnsafeMutableRawBufferPointer(free.buffers.remove(at: smallest)).deallocate() }
    }
  }
}

/// Memory for the small requests, which come with every chunk of a plane: a thread finds the same
/// slots free each time, without a lock that others hold.
private final class Slots: @unchecked Sendable {
  /// Floats of a slot.
  static let size = 4096
  /// From flag to flag: a cache line.
  private static let spread = 64

  /// A power of two.
  private let count: Int
  private let base: UnsafeMutablePointer<Float>
  private let isTaken: UnsafeMutablePointer<Atomic<Bool>>

  init(threads: Int) {
    var count = 8
    while count < 8 * threads { count *= 2 }
    self.count = count
    let bytes = count * Self.size * MemoryLayout<Float>.stride
    base = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
      .bindMemory(to: Float.self, capacity: count * Self.size)
    isTaken = .allocate(capacity: count * Self.spread)
    for index in 0..<count { (isTaken + index * Self.spread).initialize(to: Atomic(false)) }
  }

  deinit {
    for index in 0..<count { (isTaken + index * Self.spread).deinitialize(count: 1) }
    isTaken.deallocate()
    UnsafeMutableRawPointer(base).deallocate()
  }

  /// A slot for the calling thread; nil if all are taken.
  func take() -> Int? {
    // Threads begin at different slots, mostly; multiplication spreads their addresses (Knuth, The
    // Art of Computer Programming, volume 3, section 6.4).
    let first = Int(truncatingIfNeeded: ((ck_thread() >> 12) &* 0x9e37_79b9_7f4a_7c15) >> 40)
    for step in 0..<count {
      let index = (first + step) & (count - 1)
      let (taken, _) = isTaken[index * Self.spread]
        .compareExchange(expected: false, desired: true, ordering: .acquiring)
      if taken { return index }
    }
    return nil
  }

  func free(_ index: Int) { isTaken[index * Self.spread].store(false, ordering: .releasing) }

  func memory(_ index: Int) -> UnsafeMutablePointer<Float> { base + index * Self.size }
}
