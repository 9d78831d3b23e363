import Compute

/// The sum of several values, such as a residual block's branch and shortcut.
///
/// One operand is the shortcut, which has all channels of the sum. All others are branches, whose
/// channels may be removed independently: the branch then adds nothing to those channels of the
/// sum.
public struct Add: Operation {
  /// Index of the operand that is the residual stream.
  public let shortcut: Int
  /// By operand: the channel of the sum that each of its channels adds to; nil if they are the
  /// same.
  public let channels: [[Int]?]

  /// - Parameters:
  ///   - operands: at least two
  ///   - shortcut: its list of channels is nil
  public init(operands: Int, shortcut: Int, channels: [[Int]?]? = nil) {
    self.shortcut = shortcut
    self.channels = channels ?? [[Int]?](repeating: nil, count: operands)
  }

  // MARK: Shape and channels

  public func outputShape(_ inputs: [FeatureShape]) throws(GraphError) -> FeatureShape {
    let sum = inputs[shortcut]
    for (input, list) in zip(inputs, channels) {
      guard input.with(channels: 0) == sum.with(channels: 0) else {
        throw .shapes(inputs, expected: "a sum needs equal shapes")
      }
      guard let list else {
        guard input.channels == sum.channels else {
          throw .shapes(inputs, expected: "a sum needs equal shapes")
        }
        continue
      }
      guard list.count == input.channels, list.allSatisfy((0..<sum.channels).contains),
        zip(list, list.dropFirst()).allSatisfy({ $0 < $1 })
      else { throw .channelList(count: list.count, operand: input, sum: sum.channels) }
    }
    return sum
  }

  /// The shortcut's channels are the sum's; a branch's follow them.
  public func tieChannels(_ node: NodeChannels, into ties: inout ChannelTies) {
    for (index, input) in node.inputs.enumerated() {
      for channel in 0..<node.shape(input).channels {
        let own = channels[index]?[channel] ?? channel
        if index == shortcut {
          ties.same(input, channel, node.output, own)
        } else {
          ties.follows(input, channel, node.output, own)
        }
      }
    }
  }

  public func keeping(
    _ kept: KeptPositions, _ inputs: [FeatureShape]
  ) -> (operation: Add, slices: [ParameterSlice]) {
    let ranks = Dictionary(uniqueKeysWithValues: kept.output.enumerated().map { ($1, $0) })
    let lists = zip(kept.inputs, channels).map { positions, list -> [Int]? in
      let own = positions.compactMap { ranks[list?[$0] ?? $0] }
      return own.count == kept.output.count ? nil : own
    }
    return (Add(operands: lists.count, shortcut: shortcut, channels: lists), [])
  }

  public func isNonNegative(_ inputs: [Bool]) -> Bool { inputs.allSatisfy(\.self) }

  // MARK: Forward and backward

  public var backwardNeeds: SavedValues { [] }
  public var relevanceNeeds: SavedValues { [.inputs, .output] }

  public func forward(
    _ x: [Planes], _ tensors: [Parameter], _ run: inout Run
  ) -> (output: Planes, saved: Void) {
    let output = run.planes(x[shortcut].shape)
    // A sum of three is rounded once, at its end.
    let sum = x.count > 2 && output.precision != .float32 ? Planes(uninitialized: output.shape) : output
    var before = x[shortcut]
    for (index, planes) in x.enumerated() where index != shortcut {
      let identity = [ChannelAffine](repeating: .identity, count: planes.shape.channels)
      run.engine.scaleShiftAdd(
        planes, by: identity, channels: channels[index], residual: before, activation: nil, into: sum)
      before = sum
    }
    if sum !== output { run.engine.copy(sum, into: output) }
    return (output, ())
  }

  public func backward(
    _ dy: Planes, _ values: StepValues, _ saved: Void, _ tensors: [Parameter], into dx: NodeFlow,
    _ run: inout Run
  ) {
    for (index, shape) in values.inputShapes.enumerated() where index != shortcut {
      dx.overwrite(index, shape) { select(dy, index, into: $0, run.engine) }
    }
    dx.add(dy, to: shortcut)
  }

  /// R_k = x_k * R / (y + 1e-9) for each operand.
  public func relevance(
    _ r: Planes, _ values: StepValues, _ saved: Void, _ tensors: [Parameter], into rx: NodeFlow,
    _ run: inout Run
  ) {
    let engine = run.engine
    engine.quotient(r, by: values.requireOutput(), into: r)
    for (index, shape) in values.inputShapes.enumerated() where index != shortcut {
      rx.overwrite(index, shape) { planes in
        select(r, index, into: planes, engine)
        engine.multiply(planes, by: values.input(index), into: planes)
      }
    }
    engine.multiply(r, by: values.input(shortcut), into: r)
    rx.add(r, to: shortcut)
  }

  /// The channels of a sum that belong to an operand.
  private func select(_ sum: Planes, _ operand: Int, into planes: Planes, _ engine: Engine) {
    engine.select(sum, channels: channels[operand] ?? Array(0..<sum.shape.channels), into: planes)
  }
}
