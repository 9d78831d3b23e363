import Synchronization

/// Memory that operations use while they run, kept for the next operation: fresh pages from the
/// system cost as much as using them.
final class Scratch: Sendable {
  private struct Free: @unchecked Sendable {
    var buffers: [UnsafeMutableBufferPointer<Float>] = []
  }

  private let free = Mutex(Free())
  /// Buffers that are kept.
  private let most: Int

  init(threads: Int) {
    // A task takes up to three, of different sizes.
    most = 16 + 3 * threads
  }

  deinit {
    free.withLock { free in
      for buffer in free.buffers { UnsafeMutableRawBufferPointer(buffer).deallocate() }
    }
  }

  /// Calls `body` with at least `count` floats, aligned to 64 bytes, with unspecified values.
  func floats<Result>(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Result) -> Result {
    let buffer = allocate(count)
    defer { recycle(buffer) }
    // allocate() never returns an empty buffer.
    return body(buffer.baseAddress.unsafelyUnwrapped)
  }

  private func allocate(_ count: Int) -> UnsafeMutableBufferPointer<Float> {
    let wanted = max(count, 1)
    let known = free.withLock { free -> UnsafeMutableBufferPointer<Float>? in
      // The smallest that is large enough, but none so large that a big request would then miss it.
      let fitting = free.buffers.indices.filter {
        (wanted...8 * wanted + 4096).contains(free.buffers[$0].count)
      }
      guard let best = fitting.min(by: { free.buffers[$0].count < free.buffers[$1].count }) else {
        return nil
      }
      nonisolated(unsafe) let buffer = free.buffers.remove(at: best)
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
      // The smallest goes, whose pages are soonest had again.
      let smallest = free.buffers.indices.min { free.buffers[$0].count < free.buffers[$1].count }
      if free.buffers.count > most, let smallest {
        UnsafeMutableRawBufferPointer(free.buffers.remove(at: smallest)).deallocate()
      }
    }
  }
}
