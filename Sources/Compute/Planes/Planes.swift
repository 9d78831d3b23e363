/// Activations of a batch, `[channels, images, rows, columns]`, every channel one contiguous plane
/// of all images.
///
/// Rows and images share zero borders one pixel wide (see `PlaneGeometry`), so a 3x3 convolution is
/// nine shifted reads of a plane. Every operation keeps the borders zero. A reference type:
/// operations write into planes made before. Several may share memory: ``channels(_:)`` are a view
/// of others.
///
/// Not synchronized: one operation at a time may write to an object.
public final class Planes: @unchecked Sendable {
  public let shape: PlaneShape
  let geometry: PlaneGeometry
  private let storage: PlaneStorage
  /// Where in the storage channel 0 lies.
  private let firstChannel: Int

  /// Planes filled with zeros.
  ///
  /// - Precondition: no dimension is negative.
  public convenience init(_ shape: PlaneShape) { self.init(shape, zeroed: true, recycler: .shared) }

  /// Planes whose pixels are unspecified, for operations that overwrite all of them; saves the time
  /// to fill them.
  ///
  /// - Precondition: no dimension is negative.
  public convenience init(uninitialized shape: PlaneShape) {
    self.init(shape, zeroed: false, recycler: .shared)
  }

  /// - Parameter capacity: channels that the memory has room for, if more than the shape has.
  init(_ shape: PlaneShape, capacity: Int = 0, zeroed: Bool, recycler: PlaneRecycler) {
    precondition(
      shape.channels >= 0 && shape.images >= 0 && shape.rows >= 0 && shape.columns >= 0,
      "a dimension of \(shape) is negative")
    self.shape = shape
    geometry = PlaneGeometry.of(shape)
    storage = PlaneStorage(shape, capacity: capacity, zeroed: zeroed, recycler: recycler)
    firstChannel = 0
  }

  private init(_ channels: Range<Int>, of other: Planes) {
    shape = other.shape.with(channels: channels.count)
    geometry = other.geometry
    storage = other.storage
    firstChannel = other.firstChannel + channels.lowerBound
  }

  /// Some of the channels, in the same memory: what is written to either is read from both.
  ///
  /// - Precondition: the channels are among those of these planes.
  public func channels(_ range: Range<Int>) -> Planes {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= shape.channels, "\(shape) have no channels \(range)")
    return Planes(range, of: self)
  }

  /// These channels and others behind them, in the same memory; nil where there is no room, or
  /// other planes have it.
  func extended(by count: Int) -> Planes? {
    guard storage.claim(count, from: firstChannel + shape.channels) else { return nil }
    return Planes(0..<shape.channels + count, of: self)
  }

  /// Whether both share memory.
  func overlaps(_ other: Planes) -> Bool {
    storage === other.storage && firstChannel < other.firstChannel + other.shape.channels
      && other.firstChannel < firstChannel + shape.channels
  }

  /// Planes with the given values, in the order `[channels, images, rows, columns]`.
  ///
  /// - Precondition: there are as many values as the shape holds.
  public convenience init(_ shape: PlaneShape, dense: [Float]) {
    self.init(uninitialized: shape)
    load(dense: dense)
  }

  /// Overwrites all pixels; values in the order `[channels, images, rows, columns]`.
  ///
  /// - Precondition: there are as many values as the shape holds.
  public func load(dense: [Float]) {
    precondition(
      dense.count == shape.channels * shape.pixelsPerChannel, "\(dense.count) values do not fill \(shape)")
    dense.withUnsafeBufferPointer { values in
      var next = values.baseAddress
      forEachRow { row in
        guard let from = next else { return }
        row.update(from: from, count: shape.columns)
        next = from + shape.columns
      }
    }
  }

  /// All pixels, in the order `[channels, images, rows, columns]`.
  public func dense() -> [Float] {
    let count = shape.channels * shape.pixelsPerChannel
    return [Float](unsafeUninitializedCapacity: count) { values, initialized in
      var next = values.baseAddress
      forEachRow { row in
        guard let to = next else { return }
        to.initialize(from: row, count: shape.columns)
        next = to + shape.columns
      }
      initialized = count
    }
  }

  /// Planes of their own with the same values.
  public func copy() -> Planes {
    let other = Planes(uninitialized: shape)
    other.start.update(from: start, count: shape.channels * geometry.stride)
    return other
  }

  /// One pixel. Slow; for tests and single look-ups.
  ///
  /// - Precondition: the position lies in the shape.
  public func value(channel: Int, image: Int, row: Int, column: Int) -> Float {
    precondition(
      (0..<shape.channels).contains(channel) && (0..<shape.images).contains(image)
        && (0..<shape.rows).contains(row) && (0..<shape.columns).contains(column),
      "there is no pixel (\(channel), \(image), \(row), \(column)) in \(shape)")
    return plane(channel)[image * geometry.imageStride + row * geometry.pitch + column]
  }

  /// The first channel's first element, which is a border's.
  private var start: UnsafeMutablePointer<Float> { storage.base + firstChannel * geometry.stride }

  /// Flat index 0 of a channel.
  func plane(_ channel: Int) -> UnsafeMutablePointer<Float> {
    start + (channel * geometry.stride + geometry.lead)
  }

  private func forEachRow(_ body: (UnsafeMutablePointer<Float>) -> Void) {
    for channel in 0..<shape.channels {
      for image in 0..<shape.images {
        for row in 0..<shape.rows {
          body(plane(channel) + (image * geometry.imageStride + row * geometry.pitch))
        }
      }
    }
  }

  /// Whether everything that is not a pixel is zero, which every operation must keep.
  func checkBorders() -> Bool {
    for channel in 0..<shape.channels {
      let start = start + channel * geometry.stride
      for index in 0..<geometry.stride {
        let p = index - geometry.lead
        let isPixel = p >= 0 && p < geometry.length && geometry.mask.lanes[p] != 0
        if !isPixel && start[index] != 0 { return false }
      }
    }
    return true
  }
}
