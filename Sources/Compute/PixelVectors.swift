import CKernels

/// A plane's pixels as the vectors that the loops of relevance compute.
///
/// Where rows are whole vectors, or two rows are one, vectors hold nothing else; they cover borders, too, in planes of
/// other shapes.
struct PixelVectors {
  /// Floats of a vector.
  private let width: Int
  private let starts: [Int]
  /// Rows that share a vector.
  private let rows: Int
  private let pitch: Int
  private let hasBorders: Bool

  /// - Parameter width: floats of a vector.
  init(of geometry: PlaneGeometry, width: Int) {
    self.width = width
    pitch = geometry.pitch
    let columns = geometry.columns
    let halves = 2 * columns == width && geometry.rows % 2 == 0
    hasBorders = columns % width != 0 && !halves
    rows = halves ? 2 : 1
    guard !hasBorders else {
      starts = Array(stride(from: 0, to: geometry.length, by: width))
      return
    }
    var starts: [Int] = []
    starts.reserveCapacity(geometry.images * geometry.rows * columns / width)
    for image in 0..<geometry.images {
      for row in stride(from: 0, to: geometry.rows, by: rows) {
        let first = image * geometry.imageStride + row * pitch
        starts += stride(from: first, to: first + columns, by: width)
      }
    }
    self.starts = starts
  }

  /// Runs `body(vectors, begin, end)`, with the vectors in the form that the loops take, on pieces whose part of so many
  /// channels stays in the second-level cache.
  func forEachPiece(channels: Int, on engine: Engine, _ body: (ck_pixel_vectors, Int, Int) -> Void) {
    starts.withUnsafeBufferPointer { starts in
      let vectors = ck_pixel_vectors(
        starts: starts.baseAddress, pitch: pitch, rows: Int32(rows), has_borders: hasBorders)
      engine.forEachPiece(length: starts.count * width, channels: channels) { begin, end in
        body(vectors, begin / width, end / width)
      }
    }
  }
}
