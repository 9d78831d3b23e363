import Compute

/// The concatenation of several values along the channels.
public struct Concatenate: Operation {
  /// Channels to reserve memory for, if later concatenations append to the output, as in dense
  /// blocks: they then need not copy it.
  var capacity = 0

  public init() {}

  public func outputShape(_ inputs: [FeatureShape]) throws(GraphError) -> FeatureShape {
    guard inputs.allSatisfy({ $0.with(channels: 0) == inputs[0].with(channels: 0) }) else {
      throw .shapes(inputs, expected: "a concatenation needs maps of equal size")
    }
    return inputs[0].with(channels: inputs.map(\.channels).reduce(0, +))
  }

  public func tieChannels(_ node: NodeChannels, into ties: inout ChannelTies) {
    var first = 0
    for input in node.inputs {
      let count = node.shape(input).channels
      for channel in 0..<count { ties.same(input, channel, node.output, first + channel) }
      first += count
    }
  }

  public func keeping(
    _ kept: KeptPositions, _ inputs: [FeatureShape]
  ) -> (operation: Concatenate, slices: [ParameterSlice]) { (self, []) }

  public func isNonNegative(_ inputs: [Bool]) -> Bool { inputs.allSatisfy(\.self) }

  public var backwardNeeds: SavedValues { [] }

  public func forward(
    _ x: [Planes], _ tensors: [Parameter], _ run: inout Run
  ) -> (output: Planes, saved: Void) {
    (run.engine.concatenate(x, capacity: capacity, precision: run.precision.ofMaps(x[0].shape)), ())
  }

  public func backward(
    _ dy: Planes, _ values: StepValues, _ saved: Void, _ tensors: [Parameter], into dx: NodeFlow,
    _ run: inout Run
  ) {
    split(dy, values, into: dx)
  }

  /// Splits the relevance at the boundaries.
  public func relevance(
    _ r: Planes, _ values: StepValues, _ saved: Void, _ tensors: [Parameter], into rx: NodeFlow,
    _ run: inout Run
  ) {
    split(r, values, into: rx)
  }

  /// The channels of each input, as views of the concatenation.
  private func split(_ planes: Planes, _ values: StepValues, into flow: NodeFlow) {
    var first = 0
    for (index, shape) in values.inputShapes.enumerated() {
      flow.add(planes.channels(first..<first + shape.channels), to: index)
      first += shape.channels
    }
  }
}
