import Compute

/// The product of a signal and a gate of the same shape, or with one value per channel,
/// `[channels, 1, 1]`. All relevance flows to the signal, none to the gate.
public struct Multiply: ChannelwiseOperation, RelevancePassing {
  public init() {}

  public func outputShape(_ inputs: [FeatureShape]) throws(GraphError) -> FeatureShape {
    guard inputs.count == 2 else {
      throw .shapes(inputs, expected: "a product is of two layers, a signal and a gate")
    }
    let (signal, gate) = (inputs[0], inputs[1])
    guard gate == signal || gate == FeatureShape(channels: signal.channels) else {
      throw .shapes(inputs, expected: "a product needs a gate of the signal's shape, or one value a channel")
    }
    return signal
  }

  public var backwardNeeds: SavedValues { .inputs }

  public func forward(
    _ x: [Planes], _ tensors: [Parameter], _ run: inout Run
  ) -> (output: Planes, saved: Void) {
    let output = run.planes(x[0].shape)
    run.engine.multiply(x[0], by: x[1], into: output)
    return (output, ())
  }

  public func backward(
    _ dy: Planes, _ values: StepValues, _ saved: Void, _ tensors: [Parameter], into dx: NodeFlow,
    _ run: inout Run
  ) {
    let (signal, gate) = (values.input(0), values.input(1))
    dx.overwrite(1, gate.shape) {
      run.engine.gateGradient(dy, input: signal, into: $0)
    }
    run.engine.multiply(dy, by: gate, into: dy)
    dx.add(dy, to: 0)
  }
}
