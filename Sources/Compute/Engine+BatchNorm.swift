import CKernels

/// Where a ReLU behind a batch norm let values through, and so lets gradients back.
public enum ReLUGate {
  /// There is none: everywhere.
  case open
  /// Where its output is positive.
  case output(Planes)
  /// Where each channel's scale * x + shift is positive, x being the batch norm's input: saves reading the output.
  case affine([ChannelAffine])

  /// - Parameters:
  ///   - channel: of the batch norm's input
  ///   - stream: of the output
  fileprivate func loopArgument(channel: Int, stream: Int) -> ck_gate {
    switch self {
    case .open: ck_gate(output: nil, affine: false, scale: 0, shift: 0)
    case .output(let planes): ck_gate(output: planes.plane(stream), affine: false, scale: 0, shift: 0)
    case .affine(let maps):
      ck_gate(output: nil, affine: true, scale: maps[channel].scale, shift: maps[channel].shift)
    }
  }
}

/// Mean and biased variance of a channel over images and pixels.
public struct ChannelMoments: Equatable, Sendable {
  public var mean = 0.0
  public var variance = 0.0

  public init(mean: Double = 0, variance: Double = 0) {
    self.mean = mean
    self.variance = variance
  }

  fileprivate init(_ all: ck_moments) {
    self.init(mean: all.mean, variance: all.count > 0 ? all.squares / all.count : 0)
  }
}

/// A channel's map x -> scale * x + shift.
public struct ChannelAffine: Equatable, Sendable {
  public var scale: Float
  public var shift: Float

  public init(scale: Float, shift: Float) {
    self.scale = scale
    self.shift = shift
  }
}

extension Engine {
  /// Mean and biased variance of every channel over images and pixels.
  ///
  /// Accurate for values far from zero: sums of blocks are taken around each block's own mean and combined in double
  /// precision.
  public func moments(_ x: Planes) -> [ChannelMoments] {
    mapChannels(
      x.shape.channels, geometry: x.geometry, initial: ck_moments(count: 0, mean: 0, squares: 0),
      part: { loops.moments(x.plane($0), $1, $2, x.geometry.mask) }, join: { ck_join_moments(&$0, $1) },
      value: { _, all in ChannelMoments(all) })
  }

  /// Batch norm by the batch's own statistics, the sum with the residual stream, and ReLU if asked for: the moments of a
  /// channel, and then at once the map that they give, y_s = residual_s + scale_i * x_i + shift_i where `channels[i] == s`,
  /// and residual_s where there is no such i.
  ///
  /// - Parameters:
  ///   - x: the branch
  ///   - channels: for each channel of the branch the channel of the stream that it adds to, nil for the same one
  ///   - residual: of y's shape, nil for zero
  ///   - y: may be `residual`
  ///   - affine: the map of a channel of x; called for several at a time
  /// - Returns: the moments of x, which are those of ``moments(_:)``.
  public func batchNorm(
    _ x: Planes, channels: [Int]? = nil, residual: Planes? = nil, relu: Bool, into y: Planes,
    affine: (_ channel: Int, _ moments: ChannelMoments) -> ChannelAffine
  ) -> [ChannelMoments] {
    if let residual { requireSameShape(residual, y) }
    requireStream(branch: x.shape, stream: y.shape, channels: channels)
    let branch = branchChannels(x.shape, of: y.shape, channels)
    let none = ck_moments(count: 0, mean: 0, squares: 0)
    let all = mapChannels(y.shape.channels, geometry: y.geometry, initial: none) { stream, begin, end in
      guard let channel = branch[stream] else { return none }
      return loops.moments(x.plane(channel), begin, end, x.geometry.mask)
    } join: {
      ck_join_moments(&$0, $1)
    } value: { stream, all in
      let moments = ChannelMoments(all)
      return (moments: moments, term: branch[stream].map { (channel: $0, map: affine($0, moments)) })
    } use: { stream, found, begin, end in
      scaleShiftAdd(x, found.term, residual: residual, relu: relu, into: y, stream, begin, end)
    }
    return (0..<x.shape.channels).map { all[channels?[$0] ?? $0].moments }
  }

  /// y = scale_c * x_c + shift_c for every channel c, then ReLU if asked for; y may be x.
  public func scaleShift(_ x: Planes, by maps: [ChannelAffine], relu: Bool, into y: Planes) {
    scaleShiftAdd(x, by: maps, residual: nil, relu: relu, into: y)
  }

  /// As ``batchNorm(_:channels:residual:relu:into:affine:)``, by maps that are known; y may also be x if `channels` is nil.
  public func scaleShiftAdd(
    _ x: Planes, by maps: [ChannelAffine], channels: [Int]? = nil, residual: Planes?, relu: Bool,
    into y: Planes
  ) {
    if let residual { requireSameShape(residual, y) }
    precondition(channels == nil || x !== y, "planes cannot be overwritten while channels are selected")
    requireCount(maps, x.shape.channels, "maps")
    requireStream(branch: x.shape, stream: y.shape, channels: channels)
    let branch = branchChannels(x.shape, of: y.shape, channels)
    forEachPiece(channels: y.shape.channels, geometry: y.geometry) { stream, begin, end in
      let term = branch[stream].map { (channel: $0, map: maps[$0]) }
      scaleShiftAdd(x, term, residual: residual, relu: relu, into: y, stream, begin, end)
    }
  }

  /// For each channel of a stream the branch's that adds to it, nil where none does.
  func branchChannels(_ branch: PlaneShape, of stream: PlaneShape, _ channels: [Int]?) -> [Int?] {
    var all = [Int?](repeating: nil, count: stream.channels)
    for i in 0..<branch.channels { all[channels?[i] ?? i] = i }
    return all
  }

  /// A piece of one channel of the stream; `term` is nil where the branch adds nothing to it.
  private func scaleShiftAdd(
    _ x: Planes, _ term: (channel: Int, map: ChannelAffine)?, residual: Planes?, relu: Bool, into y: Planes,
    _ stream: Int, _ begin: Int, _ end: Int
  ) {
    if let term {
      loops.scale_shift(
        x.plane(term.channel), term.map.scale, term.map.shift, residual?.plane(stream), relu,
        y.plane(stream), begin, end, y.geometry.mask)
    } else if residual == nil {
      (y.plane(stream) + begin).update(repeating: 0, count: end - begin)
    } else if let residual, relu || y !== residual {
      loops.scale_shift(
        residual.plane(stream), 1, 0, nil, relu, y.plane(stream), begin, end, y.geometry.mask)
    }
  }

  /// Gradients of a batch norm: of its shift and scale, returned, and of its input, dx.
  ///
  /// With g = dy, set to zero where the gate is closed, and xhat = (x - mean) * inverseDeviation: the shift's gradient is the
  /// sum of g, the scale's the sum of g * xhat, and dx = weight * inverseDeviation * (g - sum(g) / n - xhat * sum(g * xhat) / n),
  /// n = pixels per channel (Ioffe and Szegedy, "Batch normalization", ICML 2015). A channel's sums are taken, and its gradient
  /// at once.
  ///
  /// - Parameters:
  ///   - channels: for each channel of x the channel of dy and the gate's output, nil for the same one
  ///   - gates: writes g over those channels of dy that x has; only with ``ReLUGate/output(_:)``
  ///   - dx: may be `dy` if `channels` is nil, and may be `x`
  public func batchNormGradient(
    _ dy: Planes, input x: Planes, mean: [Float], inverseDeviation: [Float], weight: [Float],
    channels: [Int]?, gate: ReLUGate, gates: Bool = false, into dx: Planes
  ) -> (shift: [Float], scale: [Float]) {
    let count = x.shape.channels
    requireSameShape(x, dx)
    requireCount(mean, count, "mean")
    requireCount(inverseDeviation, count, "inverseDeviation")
    requireCount(weight, count, "weight")
    requireStream(branch: x.shape, stream: dy.shape, channels: channels)
    precondition(
      channels == nil || dx !== dy, "the gradient cannot be overwritten while channels are selected")
    require(gate, input: x, stream: dy)
    let pixels = Double(max(1, x.shape.pixelsPerChannel))
    let open = ck_gate(output: nil, affine: false, scale: 0, shift: 0)
    let none = ck_gradient_sums(gradient: 0, product: 0)
    let sums = mapChannels(count, geometry: x.geometry, initial: none) { i, begin, end in
      let stream = channels?[i] ?? i
      return loops.gradient_sums(
        dy.plane(stream), x.plane(i), gate.loopArgument(channel: i, stream: stream), mean[i],
        gates ? dy.plane(stream) : nil, begin, end)
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
      let stream = channels?[i] ?? i
      let gate = gates ? open : gate.loopArgument(channel: i, stream: stream)
      loops.normalize_gradient(
        dy.plane(stream), x.plane(i), gate, sums.map.a, sums.map.b, sums.map.c, dx.plane(i), begin, end,
        x.geometry.mask)
    }
    return (sums.map(\.shift), sums.map(\.scale))
  }

  private func require(_ gate: ReLUGate, input: Planes, stream: Planes) {
    switch gate {
    case .open: break
    case .output(let planes): requireSameShape(stream, planes)
    case .affine(let maps): requireCount(maps, input.shape.channels, "maps")
    }
  }

  func requireCount<Value>(_ values: [Value], _ count: Int, _ name: StaticString) {
    precondition(values.count == count, "\(name) has \(values.count) values for \(count) channels")
  }

  func requireStream(branch: PlaneShape, stream: PlaneShape, channels: [Int]?) {
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
