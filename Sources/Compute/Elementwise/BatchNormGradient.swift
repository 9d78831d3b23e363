import CKernels

/// What a batch norm's gradient reads of each channel: mean, 1 / standard deviation, and weight.
public struct BatchNormStatistics: Sendable {
  public let mean: [Float]
  public let inverseDeviation: [Float]
  public let weight: [Float]

  public init(mean: [Float], inverseDeviation: [Float], weight: [Float]) {
    self.mean = mean
    self.inverseDeviation = inverseDeviation
    self.weight = weight
  }

  func channels(_ range: Range<Int>) -> BatchNormStatistics {
    BatchNormStatistics(
      mean: Array(mean[range]), inverseDeviation: Array(inverseDeviation[range]),
      weight: Array(weight[range]))
  }
}

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
  ///   - accumulate: adds to `dx` instead of overwriting it
  ///   - dx: may be `dy` if `channels` is nil, and may be `x`
  public func batchNormGradient(
    _ dy: Planes, input x: Planes, _ statistics: BatchNormStatistics, channels: [Int]?,
    activation: BatchNormActivation, writesBack: Bool = false, accumulate: Bool = false, into dx: Planes
  ) -> (shift: [Float], scale: [Float]) {
    requireSameShape(x, dx)
    precondition(
      !accumulate || !dx.overlaps(dy) && !dx.overlaps(x), "a gradient cannot be added to what it reads")
    precondition(
      channels == nil || !dx.overlaps(dy), "the gradient cannot be overwritten while channels are selected")
    let terms = BatchNormGradient(
      self, dy, input: x, statistics, channels: channels, activation: activation)
    let all = mapChannels(
      x.shape.channels, geometry: x.geometry, precision: .least(x, dy), initial: BatchNormGradient.none
    ) {
      terms.sums($0, $1, $2, writesBack: writesBack)
    } join: {
      BatchNormGradient.join(&$0, $1)
    } value: {
      terms.map($0, of: $1)
    } use: { channel, found, begin, end in
      if terms.writeStored(
        channel, found.map, begin, end, into: dx, isMasked: writesBack, accumulate: accumulate)
      {
        return
      }
      writing(dx, channel, begin..<end, keepsValues: accumulate) {
        terms.write(
          channel, found.map, begin, end, into: $0, isMasked: writesBack, accumulate: accumulate)
      }
    }
    return (all.map(\.shift), all.map(\.scale))
  }
}

/// A batch norm's gradient by chunks of channels: first the sums over a channel, then the map that
/// they give.
///
/// A reference, since a value would be copied with every chunk, and all its parts retained.
final class BatchNormGradient {
  /// dx = a * g + b * x + c
  struct Map {
    let a: Float
    let b: Float
    let c: Float
  }

  static let none = ck_gradient_sums(gradient: 0, product: 0)

  private let engine: Engine
  let dy: Planes
  private let x: Planes
  private let statistics: BatchNormStatistics
  private let channels: [Int]?
  private let activation: BatchNormActivation

  init(
    _ engine: Engine, _ dy: Planes, input x: Planes, _ statistics: BatchNormStatistics, channels: [Int]?,
    activation: BatchNormActivation
  ) {
    let count = x.shape.channels
    engine.requireCount(statistics.mean, count, "mean")
    engine.requireCount(statistics.inverseDeviation, count, "inverseDeviation")
    engine.requireCount(statistics.weight, count, "weight")
    engine.requireStream(branch: x.shape, stream: dy.shape, channels: channels)
    activation.require(input: x, stream: dy, engine)
    self.engine = engine
    self.dy = dy
    self.x = x
    self.statistics = statistics
    self.channels = channels
    self.activation = activation
  }

  static func join(_ all: inout ck_gradient_sums, _ part: ck_gradient_sums) {
    all.gradient += part.gradient
    all.product += part.product
  }

  private func stream(_ channel: Int) -> Int { channels?[channel] ?? channel }

  /// Over a whole channel.
  func sums(_ channel: Int) -> ck_gradient_sums {
    var all = Self.none
    PlaneChunks(length: x.geometry.length, .least(x, dy)).forEach { Self.join(&all, sums(channel, $0, $1)) }
    return all
  }

  /// Over a chunk; writes g over dy's if asked.
  func sums(_ channel: Int, _ begin: Int, _ end: Int, writesBack: Bool = false) -> ck_gradient_sums {
    if let sums = engine.loops.stored_gradient_sums, let gate = storedGate(channel, activation, begin) {
      let g = dy.bfloat16Plane(stream(channel)) + begin
      return sums(
        g, x.bfloat16Plane(channel) + begin, gate, statistics.mean[channel],
        writesBack && gate.output != nil ? g : nil, 0, end - begin)
    }
    return withGradient(channel, activation, begin, end) { g, x, gate in
      func sums(_ back: UnsafeMutablePointer<Float>?) -> ck_gradient_sums {
        if gate.output == nil { back?.update(from: g, count: end - begin) }
        return engine.loops.gradient_sums(g, x, gate, statistics.mean[channel], back, 0, end - begin)
      }
      return writesBack
        ? engine.writing(dy, stream(channel), begin..<end) { sums($0 + begin) } : sums(nil)
    }
  }

  func map(_ channel: Int, of sums: ck_gradient_sums) -> (shift: Float, scale: Float, map: Map) {
    let pixels = Double(max(1, x.shape.pixelsPerChannel))
    let deviation = Double(statistics.inverseDeviation[channel])
    let (shift, scale) = (Float(sums.gradient), Float(sums.product * deviation))
    let a = Double(statistics.weight[channel]) * deviation
    let b = -a * deviation * Double(scale) / pixels
    let c = -a * Double(shift) / pixels - b * Double(statistics.mean[channel])
    return (shift, scale, Map(a: Float(a), b: Float(b), c: Float(c)))
  }

  /// Writes a chunk of the gradient, or adds it to what is there, at the same distance from `dx` as
  /// in a plane.
  ///
  /// - Parameter isMasked: whether dy is g already
  func write(
    _ channel: Int, _ map: Map, _ begin: Int, _ end: Int, into dx: UnsafeMutablePointer<Float>,
    isMasked: Bool = false, accumulate: Bool = false
  ) {
    withGradient(channel, isMasked ? .none : activation, begin, end) { g, values, gate in
      engine.loops.normalize_gradient(
        g, values, gate, map.a, map.b, map.c, accumulate, dx + begin, 0, end - begin,
        x.geometry.mask.from(begin))
    }
  }

  /// ``write(_:_:_:_:into:isMasked:accumulate:)`` into planes, where all that is read and written
  /// is stored as bfloat16 and the loops have a function for it.
  func writeStored(
    _ channel: Int, _ map: Map, _ begin: Int, _ end: Int, into dx: Planes, isMasked: Bool, accumulate: Bool
  ) -> Bool {
    guard let normalize = engine.loops.stored_normalize_gradient, dx.precision == .bfloat16,
      let gate = storedGate(channel, isMasked ? .none : activation, begin)
    else { return false }
    normalize(
      dy.bfloat16Plane(stream(channel)) + begin, x.bfloat16Plane(channel) + begin, gate, map.a, map.b, map.c,
      accumulate, dx.bfloat16Plane(channel) + begin, 0, end - begin, x.geometry.mask.from(begin))
    return true
  }

  /// The mask by which the loops make dy from a flat index on g, where all that they read is stored
  /// as bfloat16 and the activation is a mask.
  private func storedGate(
    _ channel: Int, _ activation: BatchNormActivation, _ begin: Int
  ) -> ck_activation_mask? {
    guard Precision.greatest(dy, x) == .bfloat16 else { return nil }
    guard case .output(let y, _) = activation else { return gate(channel, activation) }
    guard y.precision == .bfloat16 else { return nil }
    return gate(channel, activation, output: y.bfloat16Plane(stream(channel)) + begin)
  }

  /// The mask of an activation that is one; nil for others.
  ///
  /// - Parameter output: of ``BatchNormActivation/output(_:of:)``, stored as the gradients are
  private func gate(
    _ channel: Int, _ activation: BatchNormActivation, output: UnsafeRawPointer? = nil
  ) -> ck_activation_mask? {
    switch activation {
    case .none: return .open
    case .output(_, let function):
      return function.bounds.map {
        ck_activation_mask(output: output, affine: false, scale: 0, shift: 0, ceiling: $0.high)
      }
    case .input(let affine, let function):
      let map = affine[channel]
      return function.bounds.map {
        ck_activation_mask(output: nil, affine: true, scale: map.scale, shift: map.shift, ceiling: $0.high)
      }
    }
  }

  /// Calls `body` with a chunk of a channel's g, or with dy and the mask by which the loops make it
  /// g, and with that of x.
  private func withGradient<Result>(
    _ channel: Int, _ activation: BatchNormActivation, _ begin: Int, _ end: Int,
    _ body: (_ g: UnsafePointer<Float>, _ x: UnsafePointer<Float>, ck_activation_mask) -> Result
  ) -> Result {
    let (stream, range) = (stream(channel), begin..<end)
    return engine.reading(dy, stream, range) { dy in
      engine.reading(x, channel, range) { x in
        let (dy, x) = (dy + begin, x + begin)
        switch activation {
        case .none: return body(dy, x, .open)
        case .output(let y, let function):
          return engine.reading(y, stream, range) { y in
            if let mask = gate(channel, activation, output: y + begin) { return body(dy, x, mask) }
            return withProduct(dy, function, range.count, at: { _ in y + begin }) { body($0, x, .open) }
          }
        case .input(let affine, let function):
          if let mask = gate(channel, activation) { return body(dy, x, mask) }
          let map = affine[channel]
          return withProduct(dy, function, range.count, at: { normalized(x, map, range, into: $0) }) {
            body($0, x, .open)
          }
        }
      }
    }
  }

  /// Calls `body` with dy times an activation's derivative.
  ///
  /// - Parameter values: what the derivative is taken at, which may be computed in the memory given
  private func withProduct<Result>(
    _ dy: UnsafePointer<Float>, _ function: ActivationFunction, _ count: Int,
    at values: (UnsafeMutablePointer<Float>) -> UnsafePointer<Float>,
    _ body: (UnsafePointer<Float>) -> Result
  ) -> Result {
    engine.scratch.floats(count) { g in
      engine.loops.activation_gradient(dy, values(g), function.loopArgument, false, g, 0, count)
      return body(g)
    }
  }

  /// What batch norm made of x.
  private func normalized(
    _ x: UnsafePointer<Float>, _ map: ChannelAffine, _ range: Range<Int>,
    into y: UnsafeMutablePointer<Float>
  ) -> UnsafePointer<Float> {
    engine.loops.scale_shift(
      x, map.scale, map.shift, nil, .none, y, 0, range.count, self.x.geometry.mask.from(range.lowerBound))
    return UnsafePointer(y)
  }
}

extension ck_activation_mask {
  /// Lets everything through.
  fileprivate static var open: ck_activation_mask {
    ck_activation_mask(output: nil, affine: false, scale: 0, shift: 0, ceiling: .infinity)
  }
}

extension BatchNormActivation {
  fileprivate func require(input: Planes, stream: Planes, _ engine: Engine) {
    switch self {
    case .none: break
    case .output(let planes, let function):
      engine.requireSameShape(stream, planes)
      precondition(function.hasDerivativeByOutput, "\(function) has no derivative by its output")
    case .input(let affine, _): engine.requireCount(affine, input.shape.channels, "affine")
    }
  }

  /// Of some channels.
  func channels(_ range: Range<Int>) -> BatchNormActivation {
    switch self {
    case .none: .none
    case .output(let planes, let function): .output(planes.channels(range), of: function)
    case .input(let affine, let function): .input(Array(affine[range]), of: function)
    }
  }
}
