import CKernels
import Synchronization

/// Where the pixels of a plane lie in memory.
///
/// A plane holds one channel of a batch. Pixel (image n, row r, column c) has the flat index
/// `(n * (rows + 1) + r) * pitch + c` with `pitch = columns + 1`: neighbouring rows share one zero
/// between them, and neighbouring images one zero row, so that every neighbour of a pixel exists.
/// Guards of zeros lie before and after.
final class PlaneGeometry: @unchecked Sendable {
  let images: Int
  let rows: Int
  let columns: Int
  let pitch: Int
  /// Elements from one image to the next.
  let imageStride: Int
  /// Flat indices that loops run over, a multiple of the vector length.
  let length: Int
  /// All flat indices that loops run over.
  var elements: Range<Int> { 0..<length }

  /// Flat indices of some images.
  func elements(ofImages first: Int, _ count: Int) -> Range<Int> {
    first * imageStride..<(first + count) * imageStride
  }

  /// Elements before flat index 0.
  let lead: Int
  /// Elements from one plane to the next, a multiple of 64 bytes.
  let stride: Int
  let mask: ck_mask

  private let bits: UnsafeMutablePointer<UInt8>
  private let lanes: UnsafeMutablePointer<UInt32>
  private let counts: UnsafeMutablePointer<Int32>

  private init(images: Int, rows: Int, columns: Int) {
    let vector = CK_VECTOR_FLOATS
    let block = CK_SUM_BLOCK
    self.images = images
    self.rows = rows
    self.columns = columns
    pitch = columns + 1
    imageStride = (rows + 1) * pitch
    length = (images * imageStride).roundedUp(to: vector)
    lead = (pitch + 1).roundedUp(to: vector)
    let used = (lead + length + pitch + 1).roundedUp(to: vector)
    stride = Self.spread(lines: used / vector) * vector

    let room = length.roundedUp(to: block) + CK_PIXEL_BLOCK
    bits = .allocate(capacity: room / 8 + 8)
    bits.initialize(repeating: 0, count: room / 8 + 8)
    lanes = .allocate(capacity: room)
    lanes.initialize(repeating: 0, count: room)
    counts = .allocate(capacity: room / block + 1)
    counts.initialize(repeating: 0, count: room / block + 1)
    for image in 0..<images {
      for row in 0..<rows {
        let start = image * imageStride + row * pitch
        for p in start..<start + columns {
          bits[p / 8] |= 1 << UInt8(p % 8)
          lanes[p] = .max
          counts[p / block] += 1
        }
      }
    }
    mask = ck_mask(bits: bits, lanes: lanes, counts: counts)
  }

  deinit {
    bits.deallocate()
    lanes.deallocate()
    counts.deallocate()
  }

  /// A number of cache lines from plane to plane such that planes read side by side do not fall
  /// into the same sets of a first-level cache (64 sets).
  private static func spread(lines: Int) -> Int {
    guard lines >= 64 else { return lines | 1 }
    // An odd distance between 9 and 55 keeps any eight planes apart.
    let rest = lines % 64
    if rest < 9 { return lines - rest + 9 }
    if rest > 55 { return lines - rest + 64 + 9 }
    return lines | 1
  }

  private struct Key: Hashable {
    let images: Int
    let rows: Int
    let columns: Int
  }

  private static let cache = Mutex<[Key: PlaneGeometry]>([:])

  static func of(_ shape: PlaneShape) -> PlaneGeometry {
    let key = Key(images: shape.images, rows: shape.rows, columns: shape.columns)
    return cache.withLock { cache in
      if let known = cache[key] { return known }
      // A run meets a handful of shapes; a process that meets very many starts afresh.
      if cache.count >= 256 { cache.removeAll() }
      let made = PlaneGeometry(images: shape.images, rows: shape.rows, columns: shape.columns)
      cache[key] = made
      return made
    }
  }
}

extension ck_mask {
  /// The same from element `begin` on, a multiple of eight. Without counts, which only sums over
  /// whole planes read.
  func from(_ begin: Int) -> ck_mask {
    ck_mask(bits: bits + begin / 8, lanes: lanes + begin, counts: counts)
  }
}

extension Int {
  func roundedUp(to multiple: Int) -> Int { (self + multiple - 1) / multiple * multiple }

  func dividedRoundingUp(by divisor: Int) -> Int { (self + divisor - 1) / divisor }
}
