import CKernels

extension Engine {
  /// Where the windows over x lie, as the inner loops read it.
  ///
  /// - Precondition: y is what pooling makes of x, and padding at most half the window.
  func pool(_ x: PlaneShape, _ y: PlaneShape, window: Int, stride: Int, padding: Int) -> ck_pool {
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

  /// Calls `body` with parts of every channel, which stay cached: the channel, its first image, the
  /// windows over these images, and where they are read and written.
  func forEachPooledPart(
    _ x: Planes, into y: Planes, _ pool: ck_pool,
    _ body: (
      _ channel: Int, _ image: Int, UnsafePointer<ck_pool>, UnsafePointer<Float>, UnsafeMutablePointer<Float>
    ) -> Void
  ) {
    let larger = x.shape.pixelsPerChannel > y.shape.pixelsPerChannel ? x.shape : y.shape
    forEachImageRange(channels: x.shape.channels, shape: larger) { channel, image, images in
      var pool = pool
      pool.images = Int64(images)
      let (from, to) = (
        x.geometry.elements(ofImages: image, images), y.geometry.elements(ofImages: image, images)
      )
      reading(x, channel, from) { x in
        writing(y, channel, to, keepsValues: true) { y in
          body(channel, image, &pool, x + from.lowerBound, y + to.lowerBound)
        }
      }
    }
  }
}
