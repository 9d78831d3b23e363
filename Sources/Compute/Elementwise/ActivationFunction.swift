import CKernels

/// A function of every pixel by itself.
public enum ActivationFunction: Hashable, Sendable {
  /// max(x, 0)
  case relu
  /// min(max(x, 0), 6)
  case relu6
  /// x above zero, slope * x below
  case leakyReLU(slope: Float)
  /// x / (1 + e^-x) (Elfwing, Uchibe and Doya 2018, arXiv 1702.03118)
  case silu
  /// x * min(max(x + 3, 0), 6) / 6 (Howard et al. 2019, arXiv 1905.02244)
  case hardSwish
  /// 1 / (1 + e^-x)
  case sigmoid
  /// min(max(x + 3, 0), 6) / 6
  case hardSigmoid

  /// Whether values are nowhere negative.
  public var isNonnegative: Bool {
    switch self {
    case .relu, .relu6, .sigmoid, .hardSigmoid: true
    case .leakyReLU, .silu, .hardSwish: false
    }
  }

  /// Whether the derivative at x is found from the function's value as from x itself, so that x
  /// need not be kept.
  public var hasDerivativeByOutput: Bool {
    switch self {
    case .relu, .relu6: true
    case .leakyReLU(let slope): slope > 0
    case .silu, .hardSwish, .sigmoid, .hardSigmoid: false
    }
  }

  /// The bounds that values are kept within, where that is all the function does.
  var bounds: ck_bounds? {
    switch self {
    case .relu: ck_bounds(low: 0, high: .infinity)
    case .relu6: ck_bounds(low: 0, high: 6)
    case .leakyReLU, .silu, .hardSwish, .sigmoid, .hardSigmoid: nil
    }
  }

  var loopArgument: ck_activation {
    switch self {
    case .relu: ck_activation(kind: Int32(CK_RELU), slope: 0)
    case .relu6: ck_activation(kind: Int32(CK_RELU6), slope: 0)
    case .leakyReLU(let slope): ck_activation(kind: Int32(CK_LEAKY_RELU), slope: slope)
    case .silu: ck_activation(kind: Int32(CK_SILU), slope: 0)
    case .hardSwish: ck_activation(kind: Int32(CK_HARD_SWISH), slope: 0)
    case .sigmoid: ck_activation(kind: Int32(CK_SIGMOID), slope: 0)
    case .hardSigmoid: ck_activation(kind: Int32(CK_HARD_SIGMOID), slope: 0)
    }
  }
}

extension ck_bounds {
  static let none = ck_bounds(low: -.infinity, high: .infinity)
}

extension Engine {
  /// y = f(x); y may be x.
  public func activate(_ x: Planes, by function: ActivationFunction, into y: Planes) {
    requireSameShape(x, y)
    forEachChunk(
      channels: x.shape.channels, geometry: x.geometry, precision: .least(x, y)
    ) { channel, begin, end in
      reading(x, channel, begin..<end) { x in
        writing(y, channel, begin..<end) { to in
          loops.activate(x, function.loopArgument, to, begin, end, y.geometry.mask)
        }
      }
    }
  }

  /// dx = dy * f'(x), or that added to dx.
  ///
  /// - Parameters:
  ///   - input: x; or f(x), where ``ActivationFunction/hasDerivativeByOutput``.
  ///   - accumulate: adds to `dx` instead of overwriting it.
  ///   - dx: may be `dy` or the input.
  public func activationGradient(
    _ dy: Planes, input: Planes, by function: ActivationFunction, accumulate: Bool = false, into dx: Planes
  ) {
    requireSameShape(dy, input)
    requireSameShape(dy, dx)
    forEachChunk(
      channels: dy.shape.channels, geometry: dy.geometry, precision: .least(dy, input, dx)
    ) { channel, begin, end in
      activationGradient(
        dy, input: input, function, channel, begin, end, accumulate: accumulate, into: dx)
    }
  }

  /// dy = dy * f'(x) in some channels, from the output f(x); the others stay as they are.
  ///
  /// - Precondition: ``ActivationFunction/hasDerivativeByOutput``, and the channels are in dy.
  public func activationGradient(
    _ dy: Planes, output: Planes, by function: ActivationFunction, channels: [Int]
  ) {
    requireSameShape(dy, output)
    precondition(function.hasDerivativeByOutput, "the derivative of \(function) is not found from its output")
    precondition(
      channels.allSatisfy((0..<dy.shape.channels).contains), "\(channels) are not all in \(dy.shape)")
    forEachChunk(
      channels: channels.count, geometry: dy.geometry, precision: .least(dy, output)
    ) { index, begin, end in
      activationGradient(
        dy, input: output, function, channels[index], begin, end, accumulate: false, into: dy)
    }
  }

  private func activationGradient(
    _ dy: Planes, input: Planes, _ function: ActivationFunction, _ channel: Int, _ begin: Int, _ end: Int,
    accumulate: Bool, into dx: Planes
  ) {
    reading(dy, channel, begin..<end) { dy in
      reading(input, channel, begin..<end) { input in
        writing(dx, channel, begin..<end, keepsValues: accumulate) { dx in
          loops.activation_gradient(dy, input, function.loopArgument, accumulate, dx, begin, end)
        }
      }
    }
  }
}
