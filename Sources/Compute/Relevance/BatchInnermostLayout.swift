import CKernels

/// The batch-innermost layout (CHWN) of some images of small maps, so that every pixel is whole
/// vectors: rows of few pixels are too short for vectors of them, and rows beyond the map's first
/// and last need not be multiplied.
///
/// A channel is [row][column][image], images padded to whole vectors, with one column of zeros
/// before the first row and after each.
struct BatchInnermostLayout {
  /// Of the maps, whatever their channels; as many images as there are lanes, or fewer.
  let shape: PlaneShape
  /// Whole vectors.
  let lanes: Int
  /// Rows that read the same rows of a kernel of 3x3.
  let bands: [Band]

  struct Band {
    /// Kernel rows that lie within the map.
    let kernelRows: Range<Int>
    /// The vectors of its pixels.
    let starts: [Int]
  }

  /// Channels that are gathered and computed at a time, while the others' planes wait.
  static let channelsAtATime = 16

  init(_ shape: PlaneShape, width: Int) {
    self.shape = shape
    let lanes = shape.images.roundedUp(to: width)
    self.lanes = lanes
    var rows: [Range<Int>: [Int]] = [:]
    for row in 0..<shape.rows {
      rows[(row == 0 ? 1 : 0)..<(row == shape.rows - 1 ? 2 : 3), default: []].append(row)
    }
    let pitch = (shape.columns + 1) * lanes
    bands = rows.sorted { $0.value[0] < $1.value[0] }.map { kernelRows, rows in
      Band(
        kernelRows: kernelRows,
        starts: rows.flatMap { row in
          Swift.stride(from: row * pitch, to: (row + 1) * pitch - lanes, by: width)
        })
    }
  }

  /// Images to lay out together, enough for some register blocks for each row of weights; nil where
  /// vectors of pixels do as well, or most lanes would be empty.
  static func images(of shape: PlaneShape, kernel: Int, stride: Int, width: Int) -> Int? {
    let pixels = shape.rows * shape.columns
    let isSmall =
      pixels <= 16 || (pixels <= 64 && PixelVectors.hasBorders(PlaneGeometry.of(shape), width: width))
    guard kernel == 3, stride == 1, pixels > 0, isSmall, 2 * shape.images >= width else { return nil }
    return min(shape.images, max(1, 32 / pixels) * width)
  }

  private var pitch: Int { (shape.columns + 1) * lanes }

  /// Floats from one channel to the next.
  var stride: Int { lanes + shape.rows * pitch }

  /// A band's taps: their places in a kernel, or in the adjoint's, and what they read.
  func taps(_ band: Band, adjoint: Bool) -> (index: [Int64], offsets: [Int]) {
    let places = band.kernelRows.flatMap { row in (0..<3).map { (row: row, column: $0) } }
    return (
      places.map { Int64(adjoint ? 8 - 3 * $0.row - $0.column : 3 * $0.row + $0.column) },
      places.map { ($0.row - 1) * pitch + ($0.column - 1) * lanes }
    )
  }

  /// A convolution's weights for each band.
  func weights(_ convolution: SignedConvolution, adjoint: Bool, on engine: Engine) -> [SignedWeights] {
    bands.enumerated().map { place, band in
      convolution.weights(.lanes(band: place, adjoint: adjoint, shape.with(images: lanes))) {
        SignedWeights(
          convolution.weight, transposed: adjoint, taps: taps(band, adjoint: adjoint), stride: stride,
          partTaps: 9, on: engine)
      }
    }
  }

  /// Calls `body` with room for the given number of channels: where the first pixel of the first
  /// one is.
  func withRoom(_ channels: Int, _ scratch: Scratch, _ body: (UnsafeMutablePointer<Float>) -> Void) {
    scratch.floats(channels * stride) { body($0 + lanes) }
  }

  func gather(
    _ planes: Planes, channels: Range<Int>, images: Range<Int>, into room: UnsafeMutablePointer<Float>
  ) {
    for (place, channel) in channels.enumerated() {
      ck_gather_lanes(
        planes.plane(channel, image: images.lowerBound), Int64(images.count), Int64(shape.rows),
        Int64(shape.columns), Int64(lanes), room + place * stride)
    }
  }

  func scatter(
    _ room: UnsafeMutablePointer<Float>, channels: Range<Int>, images: Range<Int>, accumulate: Bool = false,
    into planes: Planes
  ) {
    for (place, channel) in channels.enumerated() {
      ck_scatter_lanes(
        room + place * stride, Int64(images.count), Int64(shape.rows), Int64(shape.columns), Int64(lanes),
        accumulate, planes.plane(channel, image: images.lowerBound))
    }
  }

  /// Runs `body(channels)` on a few channels at a time.
  func forEachChannels(_ count: Int, _ body: (Range<Int>) -> Void) {
    for first in Swift.stride(from: 0, to: count, by: Self.channelsAtATime) {
      body(first..<min(count, first + Self.channelsAtATime))
    }
  }

  /// Runs `body(weights, vectors, count)` for each band.
  func forEachBand(
    _ weights: [SignedWeights], rows: Range<Int>, _ body: (ck_signed_weights, ck_pixel_vectors, Int) -> Void
  ) {
    for (band, weights) in zip(bands, weights) {
      band.starts.withUnsafeBufferPointer { starts in
        let vectors = ck_pixel_vectors(
          starts: starts.baseAddress, pitch: 0, rows: 1, has_borders: false)
        body(weights.rows(rows), vectors, starts.count)
      }
    }
  }
}
