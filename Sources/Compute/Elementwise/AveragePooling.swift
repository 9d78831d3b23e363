import CKernels

extension Engine {
  /// Mean of every window, zeros of the padding counted.
  ///
  /// - Parameter y: planes with (size + 2 * padding - window) / stride + 1 rows and columns
  /// - Precondition: padding is at most half the window.
  public func averagePool(_ x: Planes, window: Int, stride: Int, padding: Int, into y: Planes) {
    let pool = pool(x.shape, y.shape, window: window, stride: stride, padding: padding)
    forEachPooledPart(x, into: y, pool) { _, _, pool, x, y in ck_average_pool(pool, x, y) }
  }

  /// Gradient of ``averagePool(_:window:stride:padding:into:)``: every window's spread evenly over
  /// its pixels.
  ///
  /// - Parameter accumulate: adds to `dx` instead of overwriting it
  public func averagePoolGradient(
    _ dy: Planes, window: Int, stride: Int, padding: Int, accumulate: Bool, into dx: Planes
  ) {
    let pool = pool(dx.shape, dy.shape, window: window, stride: stride, padding: padding)
    forEachPooledPart(dy, into: dx, pool) { _, _, pool, dy, dx in
      ck_average_pool_gradient(pool, dy, accumulate, dx)
    }
  }

  /// Relevance of the input of ``averagePool(_:window:stride:padding:into:)``: x * R / (sum of x
  /// over the window + 1e-9), collected over windows.
  ///
  /// - Parameters:
  ///   - relevance: R, of the pooled planes
  ///   - accumulate: adds to `result` instead of overwriting it
  ///   - result: planes of the input's shape, not the input
  public func averagePoolRelevance(
    _ relevance: Planes, input x: Planes, window: Int, stride: Int, padding: Int, accumulate: Bool,
    into result: Planes
  ) {
    requireSameShape(x, result)
    precondition(!x.overlaps(result), "relevance cannot overwrite what it belongs to")
    let pool = pool(x.shape, relevance.shape, window: window, stride: stride, padding: padding)
    withUnsafePointer(to: pool) { pool in
      parallel(x.shape.channels) { channel in
        ck_average_pool_relevance(
          pool, relevance.plane(channel), x.plane(channel), accumulate, result.plane(channel))
      }
    }
  }
}

/// Pooling over all pixels of an image.
extension Engine {
  /// Mean over the pixels of every image's channel, `[images, channels]`, summed in double
  /// precision.
  public func imageMeans(_ x: Planes) -> Tensor {
    let shape = x.shape
    var means = Tensor(shape: [shape.images, shape.channels])
    means.values.withUnsafeMutableBufferPointer { means in
      nonisolated(unsafe) let means = means
      forEachImageMean(x) { channel, image, mean in means[image * shape.channels + channel] = mean }
    }
    return means
  }

  /// Mean of every image's channel: y is [channels, images, 1, 1].
  public func globalAveragePool(_ x: Planes, into y: Planes) {
    requireImageValues(y, of: x)
    inSinglePrecision(writing: y) { y in
      forEachImageMean(x) { channel, image, mean in y.plane(channel, image: image).pointee = mean }
    }
  }

  private func forEachImageMean(_ x: Planes, _ body: (_ channel: Int, _ image: Int, Float) -> Void) {
    let shape = x.shape
    let pixels = Double(max(1, shape.rows * shape.columns))
    parallel(shape.channels) { channel in
      for image in 0..<shape.images {
        let elements = x.geometry.elements(ofImages: image, 1)
        let sum = reading(x, channel, elements) {
          ck_image_sum($0 + elements.lowerBound, Int64(shape.rows), Int64(shape.columns))
        }
        body(channel, image, Float(sum / pixels))
      }
    }
  }

  /// Gradient of ``globalAveragePool(_:into:)``: spreads dy, [channels, images, 1, 1], evenly over
  /// the pixels.
  ///
  /// - Parameter accumulate: adds to `dx` instead of overwriting it
  public func globalAveragePoolGradient(_ dy: Planes, accumulate: Bool, into dx: Planes) {
    requireImageValues(dy, of: dx)
    let share = 1 / Float(max(1, dx.shape.rows * dx.shape.columns))
    let maps = ck_maps(dx.shape, images: 1)
    inSinglePrecision(dy) { dy in
      parallel(dx.shape.channels) { channel in
        for image in 0..<dx.shape.images {
          let elements = dx.geometry.elements(ofImages: image, 1)
          let value = dy.plane(channel, image: image).pointee * share
          writing(dx, channel, elements, keepsValues: true) {
            ck_fill_image(maps, value, accumulate, $0 + elements.lowerBound)
          }
        }
      }
    }
  }

  /// Relevance of the input of a global average: x * R / (mean of x + 1e-9).
  ///
  /// - Parameters:
  ///   - relevance: R, [channels, images, 1, 1]
  ///   - accumulate: adds to `result` instead of overwriting it
  ///   - result: planes of the input's shape, not the input
  public func globalAveragePoolRelevance(
    _ relevance: Planes, input x: Planes, accumulate: Bool, into result: Planes
  ) {
    requireImageValues(relevance, of: x)
    requireSameShape(x, result)
    precondition(!x.overlaps(result), "relevance cannot overwrite what it belongs to")
    let shape = x.shape
    let pixels = Float(max(1, shape.rows * shape.columns))
    let quotients = Planes(uninitialized: relevance.shape)
    forEachImageMean(x) { channel, image, mean in
      let quotient = relevance.plane(channel, image: image).pointee / (mean + 1e-9)
      quotients.plane(channel, image: image).pointee = pixels * (quotient * (1 / pixels))
    }
    multiply(x, gate: quotients, accumulate: accumulate, into: result)
  }

  private func requireImageValues(_ y: Planes, of x: Planes) {
    let expected = PlaneShape(channels: x.shape.channels, images: x.shape.images, rows: 1, columns: 1)
    precondition(y.shape == expected, "\(y.shape) are not one value for each image of \(x.shape)")
  }
}
