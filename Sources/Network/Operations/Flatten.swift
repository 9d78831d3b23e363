import Compute

/// All pixels of all channels as a vector, channel by channel.
public struct Flatten: Operation {
  public init() {}

  public func outputShape(_ inputs: [FeatureShape]) throws(GraphError) -> FeatureShape {
    let (count, overflows) = inputs[0].channels.multipliedReportingOverflow(by: inputs[0].pixels)
    guard !overflows else { throw .tooLarge("the flattened \(inputs[0])") }
    return FeatureShape(channels: count)
  }

  /// Each channel becomes one consecutive element per pixel.
  public func tieChannels(_ node: NodeChannels, into ties: inout ChannelTies) {
    let shape = node.shape(node.inputs[0])
    for channel in 0..<shape.channels {
      for pixel in 0..<shape.pixels {
        ties.same(node.inputs[0], channel, node.output, channel * shape.pixels + pixel)
      }
    }
  }

  public func keeping(
    _ kept: KeptPositions, _ inputs: [FeatureShape]
  ) -> (operation: Flatten, slices: [ParameterSlice]) { (self, []) }

  public func isNonNegative(_ inputs: [Bool]) -> Bool { inputs[0] }

  public var backwardNeeds: SavedValues { [] }

  public func forward(
    _ x: [Planes], _ tensors: [Parameter], _ run: inout Run
  ) -> (output: Planes, saved: Void) {
    let shape = x[0].shape
    let output = run.planes(
      PlaneShape(
        channels: shape.channels * shape.rows * shape.columns, images: shape.images, rows: 1, columns: 1))
    run.engine.unflatten(run.engine.flatten(x[0]), into: output)
    return (output, ())
  }

  public func backward(
    _ dy: Planes, _ values: StepValues, _ saved: Void, _ tensors: [Parameter], into dx: NodeFlow,
    _ run: inout Run
  ) {
    dx.overwrite(0, values.inputShapes[0]) { run.engine.unflatten(run.engine.flatten(dy), into: $0) }
  }

  public func relevance(
    _ r: Planes, _ values: StepValues, _ saved: Void, _ tensors: [Parameter], into rx: NodeFlow,
    _ run: inout Run
  ) {
    backward(r, values, saved, tensors, into: rx, &run)
  }
}
