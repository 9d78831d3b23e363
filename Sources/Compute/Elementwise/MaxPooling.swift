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
    let pool = pool(x.shape, y.shape, window: window, stride: stride, padding: padding)
    let (pixels, perImage) = (y.shape.pixelsPerChannel, y.shape.rows * y.shape.columns)
    if indices.count != pixels * y.shape.channels {
      indices = [Int32](repeating: 0, count: pixels * y.shape.channels)
    }
    indices.withUnsafeMutableBufferPointer { indices in
      guard let indices = indices.baseAddress else { return }
      forEachPooledPart(x, into: y, pool) { channel, image, pool, x, y in
        ck_max_pool(pool, x, y, indices + (channel * pixels + image * perImage))
      }
    }
  }

  /// Gradient of ``maxPool(_:window:stride:padding:into:indices:)``; overwrites `dx`.
  public func maxPoolGradient(
    _ dy: Planes, indices: [Int32], window: Int, stride: Int, padding: Int, into dx: Planes
  ) {
    let pool = pool(dx.shape, dy.shape, window: window, stride: stride, padding: padding)
    let (pixels, perImage) = (dy.shape.pixelsPerChannel, dy.shape.rows * dy.shape.columns)
    precondition(
      indices.count == pixels * dy.shape.channels, "\(indices.count) indices do not fit \(dy.shape)")
    indices.withUnsafeBufferPointer { indices in
      guard let indices = indices.baseAddress else { return }
      forEachPooledPart(dy, into: dx, pool) { channel, image, pool, dy, dx in
        ck_max_pool_gradient(pool, dy, indices + (channel * pixels + image * perImage), dx)
      }
    }
  }
}
