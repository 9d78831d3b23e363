import CKernels

extension Engine {
  /// Largest value of every window.
  ///
  /// - Parameters:
  ///   - y: planes with (size + 2 * padding - window) / stride + 1 rows and columns
  ///   - indices: becomes `[channels, images, rows, columns]` of y; row * columns + column of the
  ///     window's first maximum in x
  /// - Precondition: padding is at most half the window.
  public func maxPool(
    _ x: Planes, window: Int, stride: Int, padding: Int, into y: Planes, indices: inout [Int32]
  ) {
    var pool = self.pool(x.shape, y.shape, window: window, stride: stride, padding: padding)
    let pixels = y.shape.pixelsPerChannel
    if indices.count != pixels * y.shape.channels {
      indices = [Int32](repeating: 0, count: pixels * y.shape.channels)
    }
    indices.withUnsafeMutableBufferPointer { indices in
      guard let indices = indices.baseAddress else { return }
      withUnsafePointer(to: &pool) { pool in
        parallel(x.shape.channels) { channel in
          reading(x, channel, x.geometry.elements) { x in
            writing(y, channel, y.geometry.elements, keepsValues: true) { y in
              ck_max_pool(pool, x, y, indices + channel * pixels)
            }
          }
        }
      }
    }
  }

  /// Gradient of ``maxPool(_:window:stride:padding:into:indices:)``; overwrites `dx`.
  public func maxPoolGradient(
    _ dy: Planes, indices: [Int32], window: Int, stride: Int, padding: Int, into dx: Planes
  ) {
    var pool = self.pool(dx.shape, dy.shape, window: window, stride: stride, padding: padding)
    let pixels = dy.shape.pixelsPerChannel
    precondition(
      indices.count == pixels * dy.shape.channels, "\(indices.count) indices do not fit \(dy.shape)")
    indices.withUnsafeBufferPointer { indices in
      guard let indices = indices.baseAddress else { return }
      withUnsafePointer(to: &pool) { pool in
        parallel(dx.shape.channels) { channel in
          reading(dy, channel, dy.geometry.elements) { dy in
            writing(dx, channel, dx.geometry.elements, keepsValues: true) { dx in
              ck_max_pool_gradient(pool, dy, indices + channel * pixels, dx)
            }
          }
        }
      }
    }
  }

  func pool(
    _ x: PlaneShape, _ y: PlaneShape, window: Int, stride: Int, padding: Int
  ) -> ck_pool {
    precondition(window > 0 && stride > 0, "a window of \(window) with stride \(stride) is not possible")
    precondition(padding >= 0 && 2 * padding <= window, "padding \(padding) is over half of window \(window)")
    precondition(
      x.rows + 2 * padding >= window && x.columns + 2 * padding >= window,
      "a window of \(window) does not fit into \(x)")
    let expected = x.windowed(window, stride: stride, padding: padding)
    precondition(y == expected, "pooling \(x) gives \(expected), not \(y)")
    return ck_pool(
      images: Int64(x.images), rows: Int64(x.rows), columns: Int64(x.columns), output_rows: Int64(y.rows),
      output_columns: Int64(y.columns), window: Int64(window), stride: Int64(stride), padding: Int64(padding))
  }

  /// Every image's pixels in a row, `[images, channels * rows * columns]`, channel by channel.
  public func flatten(_ x: Planes) -> Tensor {
    let shape = x.shape
    let pixels = shape.rows * shape.columns
    var flat = Tensor(shape: [shape.images, shape.channels * pixels])
    flat.values.withUnsafeMutableBufferPointer { flat in
      nonisolated(unsafe) let flat = flat
      guard let base = flat.baseAddress else { return }
      parallel(shape.images) { image in
        for channel in 0..<shape.channels {
          let elements = x.geometry.elements(ofImages: image, 1)
          reading(x, channel, elements) { plane in
            let from = plane + elements.lowerBound
            let to = base + (image * shape.channels + channel) * pixels
            for row in 0..<shape.rows {
              (to + row * shape.columns).update(from: from + row * x.geometry.pitch, count: shape.columns)
            }
          }
        }
      }
    }
    return flat
  }

  /// The inverse of ``flatten(_:)``.
  public func unflatten(_ t: Tensor, into x: Planes) {
    let shape = x.shape
    let pixels = shape.rows * shape.columns
    precondition(t.shape == [shape.images, shape.channels * pixels], "\(t.shape) does not fit \(shape)")
    t.values.withUnsafeBufferPointer { flat in
      guard let base = flat.baseAddress else { return }
      parallel(shape.channels) { channel in
        writing(x, channel, x.geometry.elements, keepsValues: true) { plane in
          for image in 0..<shape.images {
            let from = base + (image * shape.channels + channel) * pixels
            let to = plane + image * x.geometry.imageStride
            for row in 0..<shape.rows {
              (to + row * x.geometry.pitch).update(from: from + row * shape.columns, count: shape.columns)
            }
          }
        }
      }
    }
  }
}
