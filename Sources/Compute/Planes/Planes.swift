/// Activations of a batch, `[channels, images, rows, columns]`, every channel one contiguous plane
/// of all images.
///
/// Rows and images share zero borders one pixel wide (see `PlaneGeometry`), so a 3x3 convolution is
/// nine shifted reads of a plane. Every operation keeps the borders zero. Operations take planes of
/// any ``Precision``, mixed as they come, and round what they write once. A reference type:
/// operations write into planes made before. Several may share memory: ``channels(_:)`` are a view
/// of others.
///
/// Not synchronized: one operation at a time may write to an object.
public final class Planes: @unchecked Sendable {
  public let shape: PlaneShape
  public var precision: Precision { storage.precision }
  /// Of all pixels, without borders.
  public var bytes: Int { shape.bytes(precision) }
  let geometry: PlaneGeometry
  private let storage: PlaneStorage
  /// Where in the storage channel 0 lies.
  private let firstChannel: Int

  /// Planes filled with zeros.
  ///
  /// - Precondition: no dimension is negative.
  public convenience init(_ shape: PlaneShape, precision: Precision = .float32) {
    self.init(shape, precision: precision, zeroed: true, recycler: .shared)
  }

  /// Planes whose pixels are unspecified, for operations that overwrite all of them; saves the time
  /// to fill them.
  ///
  /// - Precondition: no dimension is negative.
  public convenience init(uninitialized shape: PlaneShape, precision: Precision = .float32) {
    self.init(shape, precision: precision, zeroed: false, recycler: .shared)
  }

  /// - Parameter capacity: channels that the memory has room for, if more than the shape has.
  init(
    _ shape: PlaneShape, precision: Precision = .float32, capacity: Int = 0, zeroed: Bool,
    recycler: PlaneRecycler
  ) {
    precondition(
      shape.channels >= 0 && shape.images >= 0 && shape.rows >= 0 && shape.columns >= 0,
      "a dimension of \(shape) is negative")
    self.shape = shape
    geometry = PlaneGeometry.of(shape)
    storage = PlaneStorage(shape, precision, capacity: capacity, zeroed: zeroed, recycler: recycler)
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

  /// Flat index 0 of a channel.
  ///
  /// - Precondition: the planes are of ``Precision/float32``.
  func plane(_ channel: Int) -> UnsafeMutablePointer<Float> { elements(of: channel) }

  /// Flat index 0 of a channel.
  ///
  /// - Precondition: the planes are of ``Precision/bfloat16``.
  func bfloat16Plane(_ channel: Int) -> UnsafeMutablePointer<UInt16> { elements(of: channel) }

  /// Of flat index 0 of a channel.
  func address(_ channel: Int) -> UnsafeRawPointer {
    switch precision {
    case .float32: UnsafeRawPointer(plane(channel))
    case .bfloat16: UnsafeRawPointer(bfloat16Plane(channel))
    }
  }

  private func elements<Element>(of channel: Int) -> UnsafeMutablePointer<Element> {
    storage.elements(of: Element.self) + ((firstChannel + channel) * geometry.stride + geometry.lead)
  }
}
