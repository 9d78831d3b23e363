import Compute

/// An activation function, applied to every element.
public struct Activation: ChannelwiseOperation, RelevancePassing {
  public let function: ActivationFunction

  public init(_ function: ActivationFunction) {
    self.function = function
  }

  public func outputShape(_ inputs: [FeatureShape]) throws(GraphError) -> FeatureShape { inputs[0] }

  public func isNonNegative(_ inputs: [Bool]) -> Bool { function.isNonnegative || inputs[0] }

  public var backwardNeeds: SavedValues { .inputs }

  public func forward(
    _ x: [Planes], _ tensors: [Parameter], _ run: inout Run
  ) -> (output: Planes, saved: Void) {
    let output = run.planes(x[0].shape)
    run.engine.activate(x[0], by: function, into: output)
    return (output, ())
  }

  public func backward(
    _ dy: Planes, _ values: StepValues, _ saved: Void, _ tensors: [Parameter], into dx: NodeFlow,
    _ run: inout Run
  ) {
    run.engine.activationGradient(dy, input: values.input(), by: function, into: dy)
    dx.add(dy, to: 0)
  }
}
