import Foundation

/// A block of memory for planes, aligned to 64 bytes.
struct PlaneMemory: @unchecked Sendable {
  /// What a block can be used for.
  struct Size: Equatable {
    let images: Int
    let rows: Int
    let columns: Int
    let channels: Int
    let bytes: Int

    init(_ shape: PlaneShape) {
      images = shape.images
      rows = shape.rows
      columns = shape.columns
      channels = shape.channels
      bytes = max(1, channels * PlaneGeometry.of(shape).stride) * MemoryLayout<Float>.stride
    }

    var key: Key { Key(images: images, rows: rows, columns: columns) }
  }

  struct Key: Hashable {
    let images: Int
    let rows: Int
    let columns: Int
  }

  let base: UnsafeMutablePointer<Float>
  let size: Size
  /// Of the block, which may be larger than what its size needs.
  private let capacity: Int

  var bytes: Int { capacity }

  /// Fresh memory, all zero.
  init(allocating size: Size) {
    self.size = size
    capacity = size.bytes
    base = Self.allocate(size.bytes).bindMemory(
      to: Float.self, capacity: size.bytes / MemoryLayout<Float>.stride)
    clear()
  }

  /// The same memory for planes of another shape.
  init(_ other: PlaneMemory, as size: Size) {
    self.size = size
    capacity = other.capacity
    base = other.base
  }

  /// Large blocks from large pages where the system has them: passes over planes then miss fewer
  /// translations.
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

  func clear() { memset(base, 0, size.bytes) }

  func deallocate() { UnsafeMutableRawPointer(base).deallocate() }
}
