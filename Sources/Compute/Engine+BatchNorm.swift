import CKernels

/// Where a ReLU behind a batch norm let values through, and so lets gradients back.
public enum ReLUGate {
  /// There is none: everywhere.
  case open
  /// Where its output is positive.
  case output(Planes)
  /// Where scale * x + shift is positive, x being the batch norm's input: saves reading the output.
  case affine(scale: [Float], shift: [Float])

  /// - Parameters:
  ///   - channel: of the batch norm's input
  ///   - stream: of the output
  fileprivate func loopArgument(channel: Int, stream: Int) -> ck_gate {
    switch self {
    case .open: ck_gate(output: nil, affine: false, scale: 0, shift: 0)
    case .output(let planes): ck_gate(output: planes.plane(stream), affine: false, scale: 0, shift: 0)
    case .affine(let scale, let shift):
      ck_gate(output: nil, affine: true, scale: scale[channel], shift: shift[channel])
    }
  }
}

extension Engine {
  /// Mean and biased variance of every channel over images and pixels.
  ///
  /// Accurate for values far from zero: sums of blocks are taken around each block's own mean and combined in double
  /// precision.
  public func moments(_ x: Planes) -> (mean: [Double], variance: [Double]) {
    let none = ck_moments(count: 0, mean: 0, squares: 0)
    let blocks = mapPieces(channels: x.shape.channels, geometry: x.geometry, initial: none) {
      channel, begin, end in
      loops.moments(x.plane(channel), begin, end, x.geometry.mask)
    }
    var mean: [Double] = []
    var variance: [Double] = []
    for channel in 0..<x.shape.channels {
      var all = none
      for block in blocks.values[channel * blocks.pieces..<(channel + 1) * blocks.pieces] {
        ck_join_moments(&all, block)
      }
      mean.append(all.mean)
      variance.append(all.count > 0 ? all.squares / all.count : 0)
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
  /// With g = dy, set to zero where the gate is closed, and xhat = (x - mean) * inverseDeviation:
  /// the sum of g (the shift's gradient) and the sum of g * xhat (the scale's gradient).
  ///
  /// - Parameters:
  ///   - channels: for each channel of x the channel of dy and the gate's output, nil for the same one
  ///   - gates: writes g over those channels of dy that x has; only with ``ReLUGate/output(_:)``
  public func batchNormSums(
    gradient dy: Planes, input x: Planes, mean: [Float], inverseDeviation: [Float], channels: [Int]?,
    gate: ReLUGate, gates: Bool = false
  ) -> (gradient: [Float], gradientTimesNormalized: [Float]) {
    let count = x.shape.channels
    requireCount(mean, count, "mean")
    requireCount(inverseDeviation, count, "inverseDeviation")
    requireStream(branch: x.shape, stream: dy.shape, channels: channels)
    require(gate, input: x, stream: dy)
    let none = ck_gradient_sums(gradient: 0, product: 0)
    let blocks = mapPieces(channels: count, geometry: x.geometry, initial: none) { i, begin, end in
      let stream = channels?[i] ?? i
      return loops.gradient_sums(
        dy.plane(stream), x.plane(i), gate.loopArgument(channel: i, stream: stream), mean[i],
        gates ? dy.plane(stream) : nil, begin, end)
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
  /// Szegedy, "Batch normalization", ICML 2015); g and xhat as in ``batchNormSums(gradient:input:mean:inverseDeviation:channels:gate:)``.
  ///
  /// - Parameters:
  ///   - sums: what `batchNormSums` returns for the same arguments
  ///   - dx: may be `dy` if `channels` is nil, and may be `x`
  public func batchNormInputGradient(
    gradient dy: Planes, input x: Planes, mean: [Float], inverseDeviation: [Float], weight: [Float],
    sums: (gradient: [Float], gradientTimesNormalized: [Float]), channels: [Int]?, gate: ReLUGate,
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
    require(gate, input: x, stream: dy)
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
        dy.plane(stream), x.plane(i), gate.loopArgument(channel: i, stream: stream), term.a, term.b, term.c,
        dx.plane(i), begin, end, x.geometry.mask)
    }
  }

  private func require(_ gate: ReLUGate, input: Planes, stream: Planes) {
    switch gate {
    case .open: break
    case .output(let planes): requireSameShape(stream, planes)
    case .affine(let scale, let shift):
      requireCount(scale, input.shape.channels, "scale")
      requireCount(shift, input.shape.channels, "shift")
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
