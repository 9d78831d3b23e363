import CKernels

/// Planes of which a task reads and writes a part next, to be prefetched while it computes the part
/// before.
struct Prefetch {
  private static let line = 64

  private let planes: [UnsafeRawPointer?]
  private let precision: Precision

  /// - Parameter planes: of which those are taken that have the first ones' precision
  init(_ planes: [Planes]) {
    let precision = planes.first?.precision ?? .float32
    self.precision = precision
    self.planes = planes.filter { $0.precision == precision }.flatMap { planes in
      (0..<planes.shape.channels).map(planes.address)
    }
  }

  /// Calls `body` with what prefetches a part of the planes, a few lines with each of the given
  /// number of register blocks of sums; nil for no part.
  ///
  /// - Parameter span: flat indices.
  func withLines(
    of span: Range<Int>?, blocks: Int, _ body: (UnsafeMutablePointer<ck_prefetch>?) -> Void
  ) {
    guard let span else { return body(nil) }
    let begin = span.lowerBound * precision.bytes & -Self.line
    let lines = (span.upperBound * precision.bytes - begin).dividedRoundingUp(by: Self.line)
    planes.withUnsafeBufferPointer { planes in
      var prefetch = ck_prefetch(
        planes: planes.baseAddress, count: Int64(planes.count), offset: begin, lines: Int64(lines),
        each: Int64((planes.count * lines).dividedRoundingUp(by: max(1, blocks))), plane: 0, line: 0)
      body(&prefetch)
    }
  }
}
