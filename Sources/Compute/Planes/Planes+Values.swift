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

  /// Calls `body` with the channel and the flat index of each row.
  private func forEachRow(_ body: (_ channel: Int, _ start: Int) -> Void) {
    for channel in 0..<shape.channels {
      for image in 0..<shape.images {
        for row in 0..<shape.rows { body(channel, image * geometry.imageStride + row * geometry.pitch) }
      }
    }
  }
}
