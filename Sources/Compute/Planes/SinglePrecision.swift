import CKernels

/// Planes of any precision as the loops read and write them, in single precision: those of
/// ``Precision/float32`` where they lie, a part of others in memory that stays cached, or all of
/// their values in planes beside them.
extension Engine {
  /// Calls `body` with a channel's elements, at their flat indices.
  ///
  /// - Parameter range: what may be read, borders included; two vectors behind it may be, too
  func reading<Result>(
    _ x: Planes, _ channel: Int, _ range: Range<Int>, _ body: (UnsafePointer<Float>) -> Result
  ) -> Result {
    switch x.precision {
    case .float32: return body(x.plane(channel))
    case .bfloat16:
      return withParts(1, range) { part, _ in
        loops.widen(x.bfloat16Plane(channel), part, range.lowerBound, range.upperBound)
        return body(part)
      }
    }
  }

  func readingIfAny<Result>(
    _ x: Planes?, _ channel: Int, _ range: Range<Int>, _ body: (UnsafePointer<Float>?) -> Result
  ) -> Result {
    guard let x else { return body(nil) }
    return reading(x, channel, range) { body($0) }
  }

  /// Calls `body` with a channel's elements to overwrite, at their flat indices.
  ///
  /// - Parameters:
  ///   - range: all of which is written
  ///   - keepsValues: whether the elements have their values before, to be added to, or where not
  ///     all are written
  func writing<Result>(
    _ y: Planes, _ channel: Int, _ range: Range<Int>, keepsValues: Bool = false,
    _ body: (UnsafeMutablePointer<Float>) -> Result
  ) -> Result {
    switch y.precision {
    case .float32: return body(y.plane(channel))
    case .bfloat16:
      return withParts(1, range) { part, _ in
        let plane = y.bfloat16Plane(channel)
        if keepsValues { loops.widen(plane, part, range.lowerBound, range.upperBound) }
        defer { loops.narrow(part, plane, range.lowerBound, range.upperBound) }
        return body(part)
      }
    }
  }

  /// Calls `body` with elements of all channels, the first one's at their flat indices, and the
  /// distance from channel to channel.
  func readingAll(
    _ x: Planes, _ range: Range<Int>, _ body: (UnsafePointer<Float>, _ stride: Int) -> Void
  ) {
    guard x.precision != .float32 else { return body(x.plane(0), x.geometry.stride) }
    withParts(x.shape.channels, range) { parts, stride in
      loops.widen_rows(
        x.bfloat16Plane(0), x.geometry.stride, Int64(x.shape.channels), parts, stride, range.lowerBound,
        range.upperBound)
      body(parts, stride)
    }
  }

  /// Calls `body` with what taps read of all channels: the first plane of the first one, and the
  /// distance from channel to channel.
  ///
  /// - Parameter x: in single precision if there are several planes for a channel, since offsets of
  ///   taps reach from one to the next as planes lie
  func readingAll(
    _ x: TapPlanes, _ range: Range<Int>, _ body: (UnsafePointer<Float>, _ stride: Int) -> Void
  ) {
    precondition(x.phases == 1 || x.planes.precision == .float32, "phases are in single precision")
    readingAll(x.planes, range) { body($0, $1 * x.phases) }
  }

  /// Calls `body` with elements of all channels to overwrite, or to add to.
  ///
  /// - Parameter phase: of the planes of each channel the one that is written
  func writingAll(
    _ y: TapPlanes, phase: Int = 0, _ range: Range<Int>, keepsValues: Bool,
    _ body: (UnsafeMutablePointer<Float>, _ stride: Int) -> Void
  ) {
    guard y.channels > 0 else { return }
    let (planes, rowStride) = (y.planes, y.planes.geometry.stride * y.phases)
    guard planes.precision != .float32 else { return body(planes.plane(phase), rowStride) }
    let (first, channels) = (planes.bfloat16Plane(phase), Int64(y.channels))
    let (begin, end) = (range.lowerBound, range.upperBound)
    withParts(y.channels, range) { parts, stride in
      if keepsValues { loops.widen_rows(first, rowStride, channels, parts, stride, begin, end) }
      body(parts, stride)
      loops.narrow_rows(parts, stride, channels, first, rowStride, begin, end)
    }
  }

  /// Memory for a part of some channels, the first one's at the part's flat indices and aligned as
  /// planes are, and the distance from channel to channel.
  func withParts<Result>(
    _ channels: Int, _ range: Range<Int>, _ body: (UnsafeMutablePointer<Float>, _ stride: Int) -> Result
  ) -> Result {
    let begin = range.lowerBound & -CK_VECTOR_FLOATS
    let lines = (range.upperBound - begin).dividedRoundingUp(by: CK_VECTOR_FLOATS)
    // An odd number of cache lines: channels fall into different sets of a first-level cache.
    let stride = (lines | 1) * CK_VECTOR_FLOATS
    return scratch.floats(channels * stride + 2 * CK_VECTOR_FLOATS) { body($0 - begin, stride) }
  }

  /// Rounds values as if they had been stored.
  func round(_ values: UnsafeMutablePointer<Float>, _ range: Range<Int>, to precision: Precision) {
    guard precision != .float32 else { return }
    scratch.floats(range.count) { memory in
      memory.withMemoryRebound(to: UInt16.self, capacity: range.count) { stored in
        let stored = stored - range.lowerBound
        loops.narrow(values, stored, range.lowerBound, range.upperBound)
        loops.widen(stored, values, range.lowerBound, range.upperBound)
      }
    }
  }

  /// Calls `body` with planes of the same values in single precision.
  func inSinglePrecision<Result>(_ x: Planes, _ body: (Planes) -> Result) -> Result {
    guard x.precision != .float32 else { return body(x) }
    let copy = Planes(uninitialized: x.shape)
    self.copy(x, into: copy)
    return body(copy)
  }

  /// Calls `body` with planes in single precision to write to, and rounds what it wrote.
  ///
  /// - Parameter keepsValues: whether they have the values before, to be added to
  func inSinglePrecision<Result>(
    writing y: Planes, keepsValues: Bool = false, _ body: (Planes) -> Result
  ) -> Result {
    guard y.precision != .float32 else { return body(y) }
    let planes = Planes(uninitialized: y.shape)
    if keepsValues { copy(y, into: planes) }
    defer { copy(planes, into: y) }
    return body(planes)
  }
}
