import CKernels

/// Planes of which a task reads and writes a part next, to be prefetched while it computes the part
/// before.
struct Prefetch {
  private let planes: [UnsafePointer<Float>?]

  init(_ planes: [Planes]) {
    self.planes = planes.flatMap { planes in
      (0..<planes.shape.channels).map { UnsafePointer(planes.plane($0)) }
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
    // Planes start at a cache line.
    let begin = span.lowerBound & -CK_VECTOR_FLOATS
    let lines = (span.upperBound - begin).dividedRoundingUp(by: CK_VECTOR_FLOATS)
    planes.withUnsafeBufferPointer { planes in
      var prefetch = ck_prefetch(
        planes: planes.baseAddress, count: Int64(planes.count), offset: begin, lines: Int64(lines),
        each: Int64((planes.count * lines).dividedRoundingUp(by: max(1, blocks))), plane: 0, line: 0)
      body(&prefetch)
    }
  }
}
