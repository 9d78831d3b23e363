import CKernels

extension Engine {
  /// Mean and biased variance of every channel over images and pixels.
  ///
  /// Accurate for values far from zero: sums of blocks are taken around each block's own mean and combined in double
  /// precision.
  public func moments(_ x: Planes) -> (mean: [Float], variance: [Float]) {
    let none = ck_moments(count: 0, mean: 0, squares: 0)
    let blocks = mapPieces(channels: x.shape.channels, geometry: x.geometry, initial: none) {
      channel, begin, end in
      loops.moments(x.plane(channel), begin, end, x.geometry.mask)
    }
    var mean: [Float] = []
    var variance: [Float] = []
    for channel in 0..<x.shape.channels {
      var all = none
      for block in blocks.values[channel * blocks.pieces..<(channel + 1) * blocks.pieces] {
        ck_join_moments(&all, block)
      }
      mean.append(Float(all.mean))
      variance.append(all.count > 0 ? Float(all.squares / all.count) : 0)
    }
    return (mean, variance)
  }

  /// y = scale_c * x_c + shift_c for every channel c, then ReLU if asked for; y may be x.
  public func scaleShift(_ x: Planes, scale: [Float], shift: [Float], relu: Bool, into y: Planes) {
    requireSameShape(x, y)
    requireCount(scale, x.shape.channels, "scale")
    requireCount(shift, x.shape.channels, "shift")
    forEachPiece(channels: x.shape.channels, geometry: x.geometry) { channel, begin, end in
      loops.scale_shift(
        x.plane(channel), scale[channel], shift[channel], nil, relu, y.plane(channel), begin, end,
        x.geometry.mask)
    }
  }

  /// Normalises a branch, adds it to the residual stream, and applies ReLU if asked for.
  ///
  /// y_s = residual_s + scale_i * x_i + shift_i where `channels[i] == s`, and residual_s where there is no such i.
  ///
  /// - Parameters:
  ///   - x: the branch
  ///   - channels: for each channel of the branch the channel of the stream that it adds to, nil for the same one
  ///   - y: may be `residual`
  public func scaleShiftAdd(
    _ x: Planes, scale: [Float], shift: [Float], channels: [Int]?, residual: Planes, relu: Bool,
    into y: Planes
  ) {
    requireSameShape(residual, y)
    requireCount(scale, x.shape.channels, "scale")
    requireCount(shift, x.shape.channels, "shift")
    requireStream(branch: x.shape, stream: y.shape, channels: channels)
    var branch = [Int?](repeating: nil, count: y.shape.channels)
    for i in 0..<x.shape.channels { branch[channels?[i] ?? i] = i }
    forEachPiece(channels: y.shape.channels, geometry: y.geometry) { stream, begin, end in
      if let i = branch[stream] {
        loops.scale_shift(
          x.plane(i), scale[i], shift[i], residual.plane(stream), relu, y.plane(stream), begin, end,
          y.geometry.mask)
      } else if relu || y !== residual {
        loops.scale_shift(
          residual.plane(stream), 1, 0, nil, relu, y.plane(stream), begin, end, y.geometry.mask)
      }
    }
  }

  /// The two sums that a batch norm's gradients need, for every channel of its input.
  ///
  /// With g = dy, set to zero where `reluOutput` (if given) is not positive, and xhat = (x - mean) * inverseDeviation:
  /// the sum of g (the shift's gradient) and the sum of g * xhat (the scale's gradient).
  ///
  /// - Parameters:
  ///   - channels: for each channel of x the channel of dy and reluOutput, nil for the same one
  public func batchNormSums(
    gradient dy: Planes, input x: Planes, mean: [Float], inverseDeviation: [Float], channels: [Int]?,
    reluOutput: Planes?
  ) -> (gradient: [Float], gradientTimesNormalized: [Float]) {
    let count = x.shape.channels
    requireCount(mean, count, "mean")
    requireCount(inverseDeviation, count, "inverseDeviation")
    requireStream(branch: x.shape, stream: dy.shape, channels: channels)
    if let reluOutput { requireSameShape(dy, reluOutput) }
    let none = ck_gradient_sums(gradient: 0, product: 0)
    let blocks = mapPieces(channels: count, geometry: x.geometry, initial: none) { i, begin, end in
      let stream = channels?[i] ?? i
      return loops.gradient_sums(dy.plane(stream), x.plane(i), reluOutput?.plane(stream), mean[i], begin, end)
    }
    var gradients: [Float] = []
    var products: [Float] = []
    for i in 0..<count {
      var sums = none
      for block in blocks.values[i * blocks.pieces..<(i + 1) * blocks.pieces] {
        sums.gradient += block.gradient
        sums.product += block.product
      }
      gradients.append(Float(sums.gradient))
      products.append(Float(sums.product * Double(inverseDeviation[i])))
    }
    return (gradients, products)
  }

  /// Gradient of a batch norm with respect to its input.
  ///
  /// dx = weight * inverseDeviation * (g - sum(g) / n - xhat * sum(g * xhat) / n), n = pixels per channel (Ioffe and
  /// Szegedy, "Batch normalization", ICML 2015); g and xhat as in ``batchNormSums(gradient:input:mean:inverseDeviation:channels:reluOutput:)``.
  ///
  /// - Parameters:
  ///   - sums: what `batchNormSums` returns for the same arguments
  ///   - dx: may be `dy` if `channels` is nil, and may be `x`
  public func batchNormInputGradient(
    gradient dy: Planes, input x: Planes, mean: [Float], inverseDeviation: [Float], weight: [Float],
    sums: (gradient: [Float], gradientTimesNormalized: [Float]), channels: [Int]?, reluOutput: Planes?,
    into dx: Planes
  ) {
    let count = x.shape.channels
    requireSameShape(x, dx)
    requireCount(mean, count, "mean")
    requireCount(inverseDeviation, count, "inverseDeviation")
    requireCount(weight, count, "weight")
    requireCount(sums.gradient, count, "sums.gradient")
    requireCount(sums.gradientTimesNormalized, count, "sums.gradientTimesNormalized")
    requireStream(branch: x.shape, stream: dy.shape, channels: channels)
    precondition(
      channels == nil || dx !== dy, "the gradient cannot be overwritten while channels are selected")
    if let reluOutput { requireSameShape(dy, reluOutput) }
    let pixels = Double(max(1, x.shape.pixelsPerChannel))
    // dx = a * g + b * x + c
    let terms = (0..<count).map { i -> (a: Float, b: Float, c: Float) in
      let deviation = Double(inverseDeviation[i])
      let a = Double(weight[i]) * deviation
      let b = -a * deviation * Double(sums.gradientTimesNormalized[i]) / pixels
      let c = -a * Double(sums.gradient[i]) / pixels - b * Double(mean[i])
      return (Float(a), Float(b), Float(c))
    }
    forEachPiece(channels: count, geometry: x.geometry) { i, begin, end in
      let stream = channels?[i] ?? i
      let term = terms[i]
      loops.normalize_gradient(
        dy.plane(stream), x.plane(i), reluOutput?.plane(stream), term.a, term.b, term.c, dx.plane(i), begin,
        end,
        x.geometry.mask)
    }
  }

  private func requireCount(_ values: [Float], _ count: Int, _ name: StaticString) {
    precondition(values.count == count, "\(name) has \(values.count) values for \(count) channels")
  }

  private func requireStream(branch: PlaneShape, stream: PlaneShape, channels: [Int]?) {
    precondition(
      branch.with(channels: 0) == stream.with(channels: 0), "shapes differ: \(branch) and \(stream)")
    if let channels {
      precondition(channels.count == branch.channels, "\(channels.count) channels listed for \(branch)")
      precondition(
        channels.allSatisfy { (0..<stream.channels).contains($0) } && Set(channels).count == channels.count,
        "channels \(channels) are not distinct channels of \(stream)")
    } else {
      precondition(branch.channels == stream.channels, "shapes differ: \(branch) and \(stream)")
    }
  }
}
