import Foundation
import Synchronization

/// Memory of planes, aligned to 64 bytes.
///
/// Memory that is given back is kept for the next planes of the same shape: fresh pages from the system cost as much
/// as a convolution that writes to them.
final class PlaneStorage: @unchecked Sendable {
  let base: UnsafeMutablePointer<Float>
  let count: Int
  private let shape: PlaneShape

  /// - Parameters:
  ///   - count: elements
  ///   - zeroed: false if the pixels' values do not matter; borders are zero in any case
  init(_ shape: PlaneShape, count: Int, zeroed: Bool) {
    self.shape = shape
    self.count = count
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    if let known = Self.free.withLock({ $0.take(shape) }) {
      // Whoever had it kept its borders zero.
      base = known
      if zeroed { memset(base, 0, bytes) }
    } else {
      let memory = Self.allocate(bytes)
      memset(memory, 0, bytes)
      base = memory.bindMemory(to: Float.self, capacity: max(count, 1))
    }
  }

  /// Large blocks from large pages where the system has them: passes over planes then miss fewer translations.
  private static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
    let page = 2 << 20
    guard bytes >= page else { return .allocate(byteCount: bytes, alignment: 64) }
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: page)
    #if os(Linux)
      // Advice: that it is not taken changes nothing.
      _ = madvise(memory, bytes, Int32(MADV_HUGEPAGE))
    #endif
    return memory
  }

  deinit {
    nonisolated(unsafe) let base = base
    let shape = shape
    let count = count
    Self.free.withLock { $0.give(base, shape, count: count) }
  }

  private static let free = Mutex(Free())

  private struct Free: @unchecked Sendable {
    private struct Block {
      let base: UnsafeMutablePointer<Float>
      let shape: PlaneShape
      let count: Int
    }

    /// Oldest first.
    private var blocks: [Block] = []
    private var elements = 0
    /// 512 MiB.
    private static let mostElements = 1 << 27
    private static let mostBlocks = 256

    mutating func take(_ shape: PlaneShape) -> UnsafeMutablePointer<Float>? {
      guard let index = blocks.lastIndex(where: { $0.shape == shape }) else { return nil }
      let block = blocks.remove(at: index)
      elements -= block.count
      return block.base
    }

    mutating func give(_ base: UnsafeMutablePointer<Float>, _ shape: PlaneShape, count: Int) {
      blocks.append(Block(base: base, shape: shape, count: count))
      elements += count
      while elements > Self.mostElements || blocks.count > Self.mostBlocks {
        let oldest = blocks.removeFirst()
        elements -= oldest.count
        UnsafeMutableRawPointer(oldest.base).deallocate()
      }
    }
  }
}
