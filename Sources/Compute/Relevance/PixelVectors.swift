import CKernels

/// A plane's pixels as the vectors that the loops of relevance compute.
///
/// Where rows are whole vectors, or two rows are one, vectors hold nothing else; they cover
/// borders, too, in planes of other shapes.
struct PixelVectors {
  /// Floats of a vector.
  private let width: Int
  private let images: Int
  private let starts: [Int]
  /// Rows that share a vector.
  private let rows: Int
  private let pitch: Int
  private let imageStride: Int
  private let hasBorders: Bool

  /// - Parameter width: floats of a vector.
  init(of geometry: PlaneGeometry, width: Int) {
    self.width = width
    images = geometry.images
    pitch = geometry.pitch
    imageStride = geometry.imageStride
    let columns = geometry.columns
    rows = Self.rows(of: geometry, width: width)
    hasBorders = Self.hasBorders(geometry, width: width)
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

  private static func rows(of geometry: PlaneGeometry, width: Int) -> Int {
    2 * geometry.columns == width && geometry.rows % 2 == 0 ? 2 : 1
  }

  /// Whether rows are neither vectors nor halves of them.
  static func hasBorders(_ geometry: PlaneGeometry, width: Int) -> Bool {
    geometry.columns % width != 0 && rows(of: geometry, width: width) == 1
  }

  /// At least the given number of images, such that vectors of images before another one do not
  /// reach into it.
  static func images(atLeast images: Int, of geometry: PlaneGeometry, width: Int) -> Int {
    // Beyond the last pixel lie a row of borders and one more.
    hasBorders(geometry, width: width) && geometry.pitch + 1 < width - 1
      ? images.roundedUp(to: width) : images
  }

  /// The number of vectors of the first images.
  private func count(images: Int) -> Int {
    // Up to the last pixel.
    hasBorders
      ? max(0, images * imageStride - pitch - 1).dividedRoundingUp(by: width)
      : starts.count / max(1, self.images) * images
  }

  /// Calls `body` with the vectors of the first images in the form that the loops read, and their
  /// number.
  func withLoopForm(images: Int, _ body: (ck_pixel_vectors, _ count: Int) -> Void) {
    starts.withUnsafeBufferPointer { starts in
      let vectors = ck_pixel_vectors(
        starts: starts.baseAddress, pitch: pitch, rows: Int32(rows), has_borders: hasBorders)
      body(vectors, count(images: images))
    }
  }
}
