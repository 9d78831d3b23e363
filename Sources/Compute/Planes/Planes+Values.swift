import CKernels

extension Planes {
  /// Planes with the given values, in the order `[channels, images, rows, columns]`.
  ///
  /// - Precondition: there are as many values as the shape holds.
  public convenience init(_ shape: PlaneShape, dense: [Float], precision: Precision = .float32) {
    self.init(uninitialized: shape, precision: precision)
    load(dense: dense)
  }

  /// Overwrites all pixels; values in the order `[channels, images, rows, columns]`.
  ///
  /// - Precondition: there are as many values as the shape holds.
  public func load(dense: [Float]) {
    precondition(
      dense.count == shape.channels * shape.pixelsPerChannel, "\(dense.count) values do not fill \(shape)")
    dense.withUnsafeBufferPointer { values in
      guard var next = values.baseAddress else { return }
      forEachRow { channel, start in
        switch precision {
        case .float32: (plane(channel) + start).update(from: next, count: shape.columns)
        case .bfloat16: ck_narrow(next, bfloat16Plane(channel) + start, 0, shape.columns)
        }
        next += shape.columns
      }
    }
  }

  /// All pixels, in the order `[channels, images, rows, columns]`.
  public func dense() -> [Float] {
    let count = shape.channels * shape.pixelsPerChannel
    return [Float](unsafeUninitializedCapacity: count) { values, initialized in
      guard var next = values.baseAddress else { return }
      forEachRow { channel, start in
        switch precision {
        case .float32: next.initialize(from: plane(channel) + start, count: shape.columns)
        case .bfloat16: ck_widen(bfloat16Plane(channel) + start, next, 0, shape.columns)
        }
        next += shape.columns
      }
      initialized = count
    }
  }

  /// Planes of their own with the same values.
  public func copy() -> Planes {
    let other = Planes(uninitialized: shape, precision: precision)
    for channel in 0..<shape.channels {
      switch precision {
      case .float32: other.plane(channel).update(from: plane(channel), count: geometry.length)
      case .bfloat16:
        other.bfloat16Plane(channel).update(from: bfloat16Plane(channel), count: geometry.length)
      }
    }
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
    return element(channel, image * geometry.imageStride + row * geometry.pitch + column)
  }

  /// Calls `body` with the channel and the flat index of each row.
  private func forEachRow(_ body: (_ channel: Int, _ start: Int) -> Void) {
    for channel in 0..<shape.channels {
      for image in 0..<shape.images {
        for row in 0..<shape.rows { body(channel, image * geometry.imageStride + row * geometry.pitch) }
      }
    }
  }

  private func element(_ channel: Int, _ index: Int) -> Float {
    switch precision {
    case .float32: plane(channel)[index]
    case .bfloat16: Float(bitPattern: UInt32(bfloat16Plane(channel)[index]) << 16)
    }
  }

  /// Whether everything that is not a pixel is zero, which every operation must keep.
  func checkBorders() -> Bool {
    for channel in 0..<shape.channels {
      for p in -geometry.lead..<geometry.stride - geometry.lead {
        let isPixel = p >= 0 && p < geometry.length && geometry.mask.lanes[p] != 0
        if !isPixel && element(channel, p) != 0 { return false }
      }
    }
    return true
  }
}
