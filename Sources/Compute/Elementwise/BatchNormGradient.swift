import CKernels

extension Engine {
  /// Gradients of a batch norm: of its shift and scale, returned, and of its input, dx.
  ///
  /// With g = dy * f'(y), f being the activation behind it, and xhat = (x - mean) *
  /// inverseDeviation: the shift's gradient is the sum of g, the scale's the sum of g * xhat, and
  /// dx = weight * inverseDeviation * (g - sum(g) / n - xhat * sum(g * xhat) / n), n = pixels per
  /// channel (Ioffe and Szegedy, "Batch normalization", ICML 2015). A channel's sums are taken, and
  /// its gradient at once.
  ///
  /// - Parameters:
  ///   - channels: for each channel of x the channel of dy and the activation's output, nil for the
  ///     same one
  ///   - writesBack: writes g over those channels of dy that x has; only with
  ///     ``BatchNormActivation/output(_:of:)``
  ///   - dx: may be `dy` if `channels` is nil, and may be `x`
  public func batchNormGradient(
    _ dy: Planes, input x: Planes, mean: [Float], inverseDeviation: [Float], weight: [Float],
    channels: [Int]?, activation: BatchNormActivation, writesBack: Bool = false, into dx: Planes
  ) -> (shift: [Float], scale: [Float]) {
    let count = x.shape.channels
    requireSameShape(x, dx)
    requireCount(mean, count, "mean")
    requireCount(inverseDeviation, count, "inverseDeviation")
    requireCount(weight, count, "weight")
    requireStream(branch: x.shape, stream: dy.shape, channels: channels)
    precondition(
      channels == nil || !dx.overlaps(dy), "the gradient cannot be overwritten while channels are selected")
    require(activation, input: x, stream: dy)
    let pixels = Double(max(1, x.shape.pixelsPerChannel))
    let none = ck_gradient_sums(gradient: 0, product: 0)
    func stream(_ channel: Int) -> Int { channels?[channel] ?? channel }
    let sums = mapChannels(count, geometry: x.geometry, initial: none) { i, begin, end in
      let back = writesBack ? dy.plane(stream(i)) + begin : nil
      return withGradient(dy, of: activation, input: x, channel: i, stream: stream(i), begin, end) {
        g, gate in
        if gate.output == nil { back?.update(from: g, count: end - begin) }
        return loops.gradient_sums(g, x.plane(i) + begin, gate, mean[i], back, 0, end - begin)
      }
    } join: {
      $0.gradient += $1.gradient
      $0.product += $1.product
    } value: { i, sums in
      let deviation = Double(inverseDeviation[i])
      let (shift, scale) = (Float(sums.gradient), Float(sums.product * deviation))
      // dx = a * g + b * x + c
      let a = Double(weight[i]) * deviation
      let b = -a * deviation * Double(scale) / pixels
      let c = -a * Double(shift) / pixels - b * Double(mean[i])
      return (shift: shift, scale: scale, map: (a: Float(a), b: Float(b), c: Float(c)))
    } use: { i, sums, begin, end in
      let left = writesBack ? .none : activation
      withGradient(dy, of: left, input: x, channel: i, stream: stream(i), begin, end) { g, gate in
        loops.normalize_gradient(
          g, x.plane(i) + begin, gate, sums.map.a, sums.map.b, sums.map.c, dx.plane(i) + begin, 0,
          end - begin, x.geometry.mask.from(begin))
      }
    }
    return (sums.map(\.shift), sums.map(\.scale))
  }

  /// Calls `body` with a chunk of a channel's g, or with dy and the mask by which the loops make it
  /// g.
  private func withGradient<Result>(
    _ dy: Planes, of activation: BatchNormActivation, input x: Planes, channel: Int, stream: Int,
    _ begin: Int, _ end: Int, _ body: (UnsafePointer<Float>, ck_activation_mask) -> Result
  ) -> Result {
    let from = dy.plane(stream) + begin
    let open = ck_activation_mask(output: nil, affine: false, scale: 0, shift: 0, ceiling: .infinity)
    switch activation {
    case .none:
      return body(from, open)
    case .output(let y, let function):
      let y = y.plane(stream) + begin
      if let bounds = function.bounds {
        return body(
          from, ck_activation_mask(output: y, affine: false, scale: 0, shift: 0, ceiling: bounds.high))
      }
      return scratch.floats(end - begin) { g in
        loops.activation_gradient(from, y, function.loopArgument, false, g, 0, end - begin)
        return body(g, open)
      }
    case .input(let affine, let function):
      let map = affine[channel]
      if let bounds = function.bounds {
        return body(
          from,
          ck_activation_mask(
            output: nil, affine: true, scale: map.scale, shift: map.shift, ceiling: bounds.high))
      }
      return scratch.floats(end - begin) { g in
        loops.scale_shift(
          x.plane(channel) + begin, map.scale, map.shift, nil, .none, g, 0, end - begin,
          x.geometry.mask.from(begin))
        loops.activation_gradient(from, g, function.loopArgument, false, g, 0, end - begin)
        return body(g, open)
      }
    }
  }

  private func require(_ activation: BatchNormActivation, input: Planes, stream: Planes) {
    switch activation {
    case .none: break
    case .output(let planes, let function):
      requireSameShape(stream, planes)
      precondition(function.hasDerivativeByOutput, "\(function) has no derivative by its output")
    case .input(let affine, _): requireCount(affine, input.shape.channels, "affine")
    }
  }
}
