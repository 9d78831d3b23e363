import Compute

/// A two-dimensional convolution with zero padding.
///
/// y[o, n, i, j] = b[o] + sum over c, u, v of W[o, c, u, v] * x[c, n, s*i + u - p, s*j + v - p]
///
/// Input `[inputs, images, rows, columns]`, weight `[outputs, inputs / groups, k, k]`, output
/// `[outputs, images, (rows + 2p - k) / s + 1, (columns + 2p - k) / s + 1]`. With groups, each
/// group of outputs reads the group of inputs with the same index; a depthwise convolution has one
/// group per input.
public struct Convolution: Operation {
  public var outputs: Int
  public let kernel: Int
  public let stride: Int
  public let padding: Int
  public var groups: Int
  public let hasBias: Bool
  /// Set by the plan: whether the input is nowhere negative, so that contributions have the signs
  /// of the weights.
  var inputIsNonNegative = false

  /// - Parameter padding: by default half of the kernel.
  public init(
    outputs: Int, kernel: Int, stride: Int = 1, padding: Int? = nil, groups: Int = 1, hasBias: Bool = false
  ) {
    self.outputs = outputs
    self.kernel = kernel
    self.stride = stride
    self.padding = padding ?? kernel / 2
    self.groups = groups
    self.hasBias = hasBias
  }

  /// Whether each input channel has separate filters.
  func isDepthwise(inputs: Int) -> Bool { groups == inputs && groups > 1 }

  // MARK: Shape, tensors, cost

  public func outputShape(_ inputs: [FeatureShape]) throws(GraphError) -> FeatureShape {
    let input = inputs[0]
    guard groups > 0, input.channels % groups == 0, outputs % groups == 0 else {
      throw .groups(groups, inputs: input.channels, outputs: outputs)
    }
    let map = try input.windowed(kernel, stride: stride, padding: padding)
    return map.with(channels: outputs)
  }

  private func weightShape(_ input: FeatureShape) -> [Int] {
    [outputs, input.channels / groups, kernel, kernel]
  }

  /// Weights: normal with variance 2 / (outputs / groups * k * k) (He et al. 2015, arXiv
  /// 1502.01852, fan-out); biases 0.
  public func parameters(_ inputs: [FeatureShape]) -> [ParameterShape] {
    let fanOut = outputs / groups * kernel * kernel
    let weight = ParameterShape(
      "weight", weightShape(inputs[0]), .normal(deviation: (2 / Double(fanOut)).squareRoot()))
    return hasBias ? [weight, ParameterShape("bias", [outputs], .constant(0))] : [weight]
  }

  public func macs(_ inputs: [FeatureShape]) -> Int {
    guard let output = try? outputShape(inputs) else { return 0 }
    return weightShape(inputs[0]).reduce(1, *) * output.pixels
  }

  // MARK: Channels

  /// Output channels belong to filters. With groups, channels with the same index in their group
  /// are removed together, so that groups stay equally large; a depthwise filter is removed with
  /// its input.
  public func tieChannels(_ node: NodeChannels, into ties: inout ChannelTies) {
    guard groups > 1 else { return }
    let input = node.inputs[0]
    let inputs = node.shape(input).channels
    let perOutput = outputs / groups
    if isDepthwise(inputs: inputs) {
      for channel in 0..<outputs { ties.same(input, channel / perOutput, node.output, channel) }
      return
    }
    let perInput = inputs / groups
    for group in 1..<groups {
      for channel in 0..<perInput { ties.same(input, channel, input, group * perInput + channel) }
      for channel in 0..<perOutput {
        ties.same(node.output, channel, node.output, group * perOutput + channel)
      }
    }
  }

  public func keeping(
    _ kept: KeptPositions, _ inputs: [FeatureShape]
  ) -> (operation: Convolution, slices: [ParameterSlice]) {
    var smaller = self
    smaller.outputs = kept.output.count
    var slices = [ParameterSlice(parameter: 0, axis: 0, positions: kept.output)]
    if hasBias { slices.append(ParameterSlice(parameter: 1, axis: 0, positions: kept.output)) }
    if isDepthwise(inputs: inputs[0].channels) {
      smaller.groups = kept.inputs[0].count
    } else {
      let first = kept.inputs[0].filter { $0 < inputs[0].channels / groups }
      slices.append(ParameterSlice(parameter: 0, axis: 1, positions: first))
    }
    return (smaller, slices)
  }

  public func isNonNegative(_ inputs: [Bool]) -> Bool { false }

  // MARK: Forward and backward

  public var backwardNeeds: SavedValues { .inputs }

  public func forward(
    _ x: [Planes], _ tensors: [Parameter], _ run: inout Run
  ) -> (output: Planes, saved: Void) {
    (convolve(x[0], tensors, run), ())
  }

  /// - Parameter phases: phases of the input, if several convolutions with a stride of 2 share
  ///   them.
  func convolve(_ input: Planes, phases: Planes? = nil, _ tensors: [Parameter], _ run: Run) -> Planes {
    let output = run.planes(outputShape(input.shape))
    let weight = tensors[0].value
    run.timed(
      tensors[0].layer, .forward, macs: macs(output, weight), bytes: input.bytes + output.bytes,
      algorithm: run.engine.convolutionAlgorithm(
        .forward, problem(input.shape, input.precision, output.precision))
    ) {
      run.engine.convolve(
        input, weight, bias: hasBias ? tensors[1].value.values : nil, stride: stride, padding: padding,
        groups: groups, phases: phases, method: run.method, into: output)
    }
    return output
  }

  public func backward(
    _ dy: Planes, _ values: StepValues, _ saved: Void, _ tensors: [Parameter], into dx: NodeFlow,
    _ run: inout Run
  ) {
    backward(dy, input: values.input(), phases: nil, tensors, into: dx, run)
  }

  /// Sets the gradients of weight and bias, and adds the input gradient if it is needed.
  func backward(
    _ dy: Planes, input: Planes, phases: Planes?, _ tensors: [Parameter], into dx: NodeFlow, _ run: Run
  ) {
    let engine = run.engine
    let weight = tensors[0]
    if hasBias { tensors[1].gradient.values = engine.channelSums(dy) }
    // Every kind of work reads or writes both activations of the layer, or their gradients, once.
    let (macs, bytes) = (macs(dy, weight.value), input.bytes + dy.bytes)
    let problem = problem(input.shape, .greatest(input, dy), dy.precision)
    if dx.wants(0), engine.gradientsShareWork(problem) {
      dx.write(to: 0, input.shape) { planes, accumulate in
        run.timed(
          weight.layer, .gradients, macs: 2 * macs, bytes: bytes + planes.bytes,
          algorithm: engine.convolutionAlgorithm(.weightGradient, problem)
        ) {
          engine.convolutionGradients(
            input, dy, weight.value, stride: stride, padding: padding, groups: groups,
            accumulate: accumulate, into: &weight.gradient, inputGradient: planes)
        }
      }
      return
    }
    run.timed(
      weight.layer, .weightGradient, macs: macs, bytes: bytes,
      algorithm: engine.convolutionAlgorithm(.weightGradient, problem)
    ) {
      engine.convolutionWeightGradient(
        input, dy, stride: stride, padding: padding, groups: groups, phases: phases, into: &weight.gradient)
    }
    dx.write(to: 0, input.shape) { planes, accumulate in
      run.timed(
        weight.layer, .inputGradient, macs: macs, bytes: bytes,
        algorithm: engine.convolutionAlgorithm(.inputGradient, self.problem(input.shape, dy.precision))
      ) {
        engine.convolutionInputGradient(
          dy, weight.value, stride: stride, padding: padding, groups: groups, accumulate: accumulate,
          into: planes)
      }
    }
  }

  // MARK: Relevance

  /// Relevance of the input `a` from the relevance R of the output by the alpha-beta rule, over
  /// positive and negative contributions a * w, without biases.
  public func relevance(
    _ r: Planes, _ values: StepValues, _ saved: Void, _ tensors: [Parameter], into rx: NodeFlow,
    _ run: inout Run
  ) {
    relevance(r, input: values.input(), sums: nil, signedWeights(tensors), into: rx, run)
  }

  func signedWeights(_ tensors: [Parameter]) -> SignedConvolution {
    SignedConvolution(tensors[0].value, stride: stride, padding: padding, groups: groups)
  }

  /// - Parameter sums: sums of positive and negative contributions from the forward pass; nil to
  ///   compute them
  func relevance(
    _ r: Planes, input: Planes, sums: Contributions?, _ weights: SignedConvolution, into rx: NodeFlow,
    _ run: Run
  ) {
    rx.write(to: 0, input.shape) { planes, accumulate in
      run.engine.convolutionRelevance(
        r, weights, input: input, sums: sums, inputMayBeNegative: !inputIsNonNegative,
        alpha: run.rule.alpha, beta: run.rule.beta, accumulate: accumulate, into: planes)
    }
  }

  // MARK: Sizes

  func outputShape(_ input: PlaneShape) -> PlaneShape {
    problem(input).output
  }

  /// - Parameters:
  ///   - precision: of the planes that are read
  ///   - outputPrecision: of the output or its gradient; nil for the same
  func problem(
    _ input: PlaneShape, _ precision: Precision = .float32, _ outputPrecision: Precision? = nil
  ) -> ConvolutionProblem {
    ConvolutionProblem(
      input: input, outputs: outputs, kernel: kernel, stride: stride, padding: padding, groups: groups,
      precision: precision, outputPrecision: outputPrecision)
  }

  func macs(_ output: Planes, _ weight: Tensor) -> Int {
    output.shape.images * output.shape.rows * output.shape.columns * weight.count
  }
}

extension FeatureShape {
  /// The output size of windows over this map.
  ///
  /// - Throws: ``GraphError/windowTooLarge(window:padding:input:)``
  func windowed(_ window: Int, stride: Int, padding: Int) throws(GraphError) -> FeatureShape {
    guard rows + 2 * padding >= window, columns + 2 * padding >= window, rows > 0, columns > 0 else {
      throw .windowTooLarge(window: window, padding: padding, input: self)
    }
    let map = planes(images: 1).windowed(window, stride: stride, padding: padding)
    return FeatureShape(channels: channels, rows: map.rows, columns: map.columns)
  }

  /// The output size of pooling windows over this map, each of which contains a pixel.
  ///
  /// - Throws: ``GraphError/poolPadding(window:padding:)`` and the errors of
  ///   ``windowed(_:stride:padding:)``.
  func pooled(_ window: Int, stride: Int, padding: Int) throws(GraphError) -> FeatureShape {
    guard 2 * padding <= window else { throw .poolPadding(window: window, padding: padding) }
    return try windowed(window, stride: stride, padding: padding)
  }
}
