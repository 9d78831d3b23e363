import CKernels

/// Planes that a task reads and writes a part of next, to be fetched while it works on the part before.
struct PlanesAhead {
  private let planes: [UnsafePointer<Float>?]

  init(_ planes: [Planes]) {
    self.planes = planes.flatMap { planes in
      (0..<planes.shape.channels).map { UnsafePointer(planes.plane($0)) }
    }
  }

  /// Lends what fetches a part of the planes, spread over so many register blocks of sums; nil for no part.
  ///
  /// - Parameter span: flat indices.
  func fetching(
    _ span: Range<Int>?, blocks: Int, _ body: (UnsafeMutablePointer<ck_ahead>?) -> Void
  ) {
    guard let span else { return body(nil) }
    // Planes start at a cache line.
    let begin = span.lowerBound & -CK_VECTOR_FLOATS
    let lines = (span.upperBound - begin).dividedRoundingUp(by: CK_VECTOR_FLOATS)
    planes.withUnsafeBufferPointer { planes in
      var ahead = ck_ahead(
        planes: planes.baseAddress, count: Int64(planes.count), offset: begin, lines: Int64(lines),
        each: Int64((planes.count * lines).dividedRoundingUp(by: max(1, blocks))), plane: 0, line: 0)
      body(&ahead)
    }
  }
}
