import Compute

/// What an activation computes of one element.
public enum ActivationFunction: Hashable, Sendable {
  /// max(0, x)
  case relu
  /// min(max(0, x), 6)
  case relu6
  /// x where it is positive, slope * x elsewhere
  case leakyRelu(slope: Float)
  /// x * sigmoid(x)
  case silu
  /// x * hardSigmoid(x)
  case hardSwish
  /// 1 / (1 + exp(-x))
  case sigmoid
  /// min(max(0, x / 6 + 1 / 2), 1)
  case hardSigmoid

  /// Whether the result is nowhere negative.
  var isNonNegative: Bool {
    switch self {
    case .relu, .relu6, .sigmoid, .hardSigmoid: true
    case .leakyRelu, .silu, .hardSwish: false
    }
  }
}

/// An activation function, applied to every element.
public struct Activation: ChannelwiseOperation {
  public let function: ActivationFunction

  public init(_ function: ActivationFunction) {
    self.function = function
  }

  public func outputShape(_ inputs: [FeatureShape]) throws(GraphError) -> FeatureShape { inputs[0] }

  public func isNonNegative(_ inputs: [Bool]) -> Bool { function.isNonNegative || inputs[0] }

  public var backwardNeeds: SavedValues { .inputs }
  public var relevanceNeeds: SavedValues { [] }

  public func forward(
    _ x: [Planes], _ tensors: [Parameter], _ run: inout Run
  ) -> (output: Planes, saved: Void) {
    let output = Planes(uninitialized: x[0].shape)
    let identity = [ChannelAffine](
      repeating: ChannelAffine(scale: 1, shift: 0), count: x[0].shape.channels)
    run.engine.scaleShift(x[0], by: identity, relu: true, into: output)
    return (output, ())
  }

  public func backward(
    _ dy: Planes, _ values: StepValues, _ saved: Void, _ tensors: [Parameter], into dx: NodeFlow,
    _ run: inout Run
  ) {
    run.engine.maskByPositive(values.input(), gradient: dy)
    dx.add(dy, to: 0)
  }

  /// Passes unchanged.
  public func relevance(
    _ r: Planes, _ values: StepValues, _ saved: Void, _ tensors: [Parameter], into rx: NodeFlow,
    _ run: inout Run
  ) {
    rx.add(r, to: 0)
  }
}
