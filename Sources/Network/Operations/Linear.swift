import Compute

/// A linear layer, which flattens its input.
///
/// y[n, o] = b[o] + sum over i of W[o, i] * x[n, i]; weight `[outputs, inputs]`, with the inputs
/// channel by channel, one per pixel.
public struct Linear: Operation {
  public var outputs: Int
  public let hasBias: Bool
  /// Set by the plan: whether the input is nowhere negative, so that contributions have the signs
  /// of the weights. The values themselves do not decide, since images would depend on each other.
  var inputIsNonNegative = false

  public init(outputs: Int, hasBias: Bool = true) {
    self.outputs = outputs
    self.hasBias = hasBias
  }

  // MARK: Shape, tensors, channels

  public func outputShape(_ inputs: [FeatureShape]) throws(GraphError) -> FeatureShape {
    FeatureShape(channels: outputs)
  }

  /// Uniform within 1 / sqrt(inputs), weights and biases.
  public func parameters(_ inputs: [FeatureShape]) -> [ParameterShape] {
    let columns = inputs[0].channels * inputs[0].pixels
    let initial = ParameterShape.Initial.uniform(bound: 1 / Float(columns).squareRoot())
    let weight = ParameterShape("weight", [outputs, columns], initial)
    return hasBias ? [weight, ParameterShape("bias", [outputs], initial)] : [weight]
  }

  public func macs(_ inputs: [FeatureShape]) -> Int { outputs * inputs[0].channels * inputs[0].pixels }

  /// The units are new channels of this layer.
  public func tieChannels(_ node: NodeChannels, into ties: inout ChannelTies) {}

  public func keeping(
    _ kept: KeptPositions, _ inputs: [FeatureShape]
  ) -> (operation: Linear, slices: [ParameterSlice]) {
    let pixels = inputs[0].pixels
    let columns = kept.inputs[0].flatMap { channel in (0..<pixels).map { channel * pixels + $0 } }
    var smaller = self
    smaller.outputs = kept.output.count
    var slices = [
      ParameterSlice(parameter: 0, axis: 0, positions: kept.output),
      ParameterSlice(parameter: 0, axis: 1, positions: columns),
    ]
    if hasBias { slices.append(ParameterSlice(parameter: 1, axis: 0, positions: kept.output)) }
    return (smaller, slices)
  }

  public func isNonNegative(_ inputs: [Bool]) -> Bool { false }

  // MARK: Forward and backward

  public var backwardNeeds: SavedValues { [] }

  /// - Returns: the output, and the inputs as vectors, `[images, inputs]`.
  public func forward(
    _ x: [Planes], _ tensors: [Parameter], _ run: inout Run
  ) -> (output: Planes, saved: Tensor) {
    let input = run.engine.flatten(x[0])
    var result = run.engine.matrixMultiply(input, tensors[0].value, transposeB: true)
    if hasBias {
      let bias = tensors[1].value.values
      for index in result.values.indices { result.values[index] += bias[index % outputs] }
    }
    let output = run.planes(
      PlaneShape(channels: outputs, images: x[0].shape.images, rows: 1, columns: 1))
    run.engine.unflatten(result, into: output)
    return (output, input)
  }

  public func backward(
    _ dy: Planes, _ values: StepValues, _ saved: Tensor, _ tensors: [Parameter], into dx: NodeFlow,
    _ run: inout Run
  ) {
    let gradient = run.engine.flatten(dy)
    tensors[0].gradient = run.engine.matrixMultiply(gradient, transposeA: true, saved)
    if hasBias { tensors[1].gradient.values = columnSums(gradient) }
    dx.overwrite(0, values.inputShapes[0]) { planes in
      run.engine.unflatten(run.engine.matrixMultiply(gradient, tensors[0].value), into: planes)
    }
  }

  private func columnSums(_ matrix: Tensor) -> [Float] {
    var sums = [Double](repeating: 0, count: outputs)
    for index in matrix.values.indices { sums[index % outputs] += Double(matrix.values[index]) }
    return sums.map(Float.init)
  }

  // MARK: Relevance

  /// The alpha-beta rule over positive and negative contributions x * w.
  public func relevance(
    _ r: Planes, _ values: StepValues, _ saved: Tensor, _ tensors: [Parameter], into rx: NodeFlow,
    _ run: inout Run
  ) {
    let relevance = run.engine.flatten(r)
    rx.overwrite(0, values.inputShapes[0]) { planes in
      let rule = LinearRelevance(
        weight: tensors[0].value, input: saved, isNonNegative: inputIsNonNegative, rule: run.rule,
        engine: run.engine)
      run.engine.unflatten(rule.propagate(relevance), into: planes)
    }
  }
}

/// Relevance propagation through a linear layer.
private struct LinearRelevance {
  let weight: Tensor
  let input: Tensor
  let isNonNegative: Bool
  let rule: RelevanceRule
  let engine: Engine

  /// a * (alpha * W+^T (R / z+) - beta * W-^T (R / z-)), z+ = W+ a, z- = W- a; for negative inputs
  /// the signs of the weights are swapped.
  func propagate(_ relevance: Tensor) -> Tensor {
    let (positiveWeights, negativeWeights) = (
      part(of: weight) { max($0, 0) }, part(of: weight) { min($0, 0) }
    )
    guard !isNonNegative else {
      let positive = transposed(positiveWeights, quotients(relevance, sums(input, positiveWeights)))
      let negative = transposed(negativeWeights, quotients(relevance, sums(input, negativeWeights)))
      return combined(input, positive, negative)
    }
    let (above, below) = (part(of: input) { max($0, 0) }, part(of: input) { min($0, 0) })
    let positive = quotients(relevance, added(sums(above, positiveWeights), sums(below, negativeWeights)))
    let negative = quotients(
      relevance, added(sums(above, negativeWeights), sums(below, positiveWeights)),
      stabilizer: -RelevanceRule.stabilizer)
    return added(
      combined(above, transposed(positiveWeights, positive), transposed(negativeWeights, negative)),
      combined(below, transposed(negativeWeights, positive), transposed(positiveWeights, negative)))
  }

  private func part(of tensor: Tensor, _ part: (Float) -> Float) -> Tensor {
    Tensor(shape: tensor.shape, values: tensor.values.map(part))
  }

  private func sums(_ input: Tensor, _ weights: Tensor) -> Tensor {
    engine.matrixMultiply(input, weights, transposeB: true)
  }

  /// Denominators are kept away from zero, with their sign.
  private func quotients(
    _ relevance: Tensor, _ sums: Tensor, stabilizer: Float = RelevanceRule.stabilizer
  ) -> Tensor {
    var quotients = sums
    for index in quotients.values.indices {
      quotients.values[index] = relevance.values[index] / (quotients.values[index] + stabilizer)
    }
    return quotients
  }

  private func transposed(_ weights: Tensor, _ quotients: Tensor) -> Tensor {
    engine.matrixMultiply(quotients, weights)
  }

  private func combined(_ input: Tensor, _ positive: Tensor, _ negative: Tensor) -> Tensor {
    var result = input
    for index in result.values.indices {
      // What does not count may not be finite.
      let subtracted = rule.beta == 0 ? 0 : rule.beta * negative.values[index]
      result.values[index] *= rule.alpha * positive.values[index] - subtracted
    }
    return result
  }

  private func added(_ a: Tensor, _ b: Tensor) -> Tensor {
    Tensor(shape: a.shape, values: zip(a.values, b.values).map(+))
  }
}
