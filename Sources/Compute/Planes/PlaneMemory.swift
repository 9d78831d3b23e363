import CKernels
import Foundation

/// A block of memory for planes, aligned to 64 bytes.
struct PlaneMemory: @unchecked Sendable {
  /// What a block can be used for.
  struct Size: Equatable {
    let images: Int
    let rows: Int
    let columns: Int
    let channels: Int
    let precision: Precision
    let bytes: Int

    init(_ shape: PlaneShape, _ precision: Precision) {
      images = shape.images
      rows = shape.rows
      columns = shape.columns
      channels = shape.channels
      self.precision = precision
      bytes = max(1, channels * PlaneGeometry.of(shape).stride) * precision.bytes
    }

    var key: Key { Key(images: images, rows: rows, columns: columns, precision: precision) }
  }

  struct Key: Hashable {
    let images: Int
    let rows: Int
    let columns: Int
    let precision: Precision
  }

  let base: UnsafeMutableRawPointer
  let size: Size
  /// Of the block, which may be larger than what its size needs.
  private let capacity: Int

  var bytes: Int { capacity }

  /// Fresh memory, all zero.
  init(allocating size: Size) {
    self.size = size
    capacity = size.bytes
    base = Self.allocate(size.bytes)
    clear()
  }

  /// The same memory for planes of another shape.
  init(_ other: PlaneMemory, as size: Size) {
    self.size = size
    capacity = other.capacity
    base = other.base
  }

  /// Elements past the end that loops may read, whole vectors at a time.
  private static let slack = 2 * CK_VECTOR_FLOATS

  /// Large blocks from large pages where the system has them: passes over planes then miss fewer
  /// translations.
  private static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
    let page = 2 << 20
    let bytes = bytes + slack * MemoryLayout<Float>.stride
    guard bytes >= page else { return .allocate(byteCount: bytes, alignment: 64) }
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: page)
    #if os(Linux)
      // Advice: that it is not taken changes nothing.
      _ = madvise(memory, bytes, Int32(MADV_HUGEPAGE))
    #endif
    return memory
  }

  func clear() { memset(base, 0, size.bytes) }

  func deallocate() { base.deallocate() }
}
