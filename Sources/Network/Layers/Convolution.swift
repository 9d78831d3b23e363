import Compute

/// A two-dimensional convolution, "same" padding.
///
/// y[o, n, i, j] = b[o] + sum over c, u, v of W[o, c, u, v] * x[c, n, s*i + u - k/2, s*j + v - k/2]
///
/// Input `[inputs, images, rows, columns]`, weight `[outputs, inputs, k, k]`,
/// output `[outputs, images, rows / s, columns / s]` (rounded up).
public final class Convolution {
  /// `layer1.0.conv1`, `features.3`.
  public let name: String
  public let kernel: Int
  public let stride: Int
  /// Rows and columns of the output.
  public let outputRows: Int
  public let outputColumns: Int
  public let weight: Parameter
  public let bias: Parameter?
  /// Name of the layer whose prunable channels come in, if they are prunable.
  public let inputGroup: String?
  let originalOutputs: Int
  /// Which of the original output channels are left.
  public private(set) var keptOutputs: [Int]

  public var outputs: Int { weight.value.shape[0] }
  public var inputs: Int { weight.value.shape[1] }

  init(
    name: String, inputs: Int, outputs: Int, kernel: Int, stride: Int, hasBias: Bool, inputRows: Int,
    inputColumns: Int, inputGroup: String?
  ) {
    self.name = name
    self.kernel = kernel
    self.stride = stride
    self.inputGroup = inputGroup
    outputRows = (inputRows - 1) / stride + 1
    outputColumns = (inputColumns - 1) / stride + 1
    weight = Parameter(name: name + ".weight", shape: [outputs, inputs, kernel, kernel])
    bias = hasBias ? Parameter(name: name + ".bias", shape: [outputs]) : nil
    originalOutputs = outputs
    keptOutputs = Array(0..<outputs)
  }

  // MARK: Forward and backward

  /// - Parameter phases: of the input, where several convolutions with a stride share them.
  func forward(_ input: Planes, phases: Planes? = nil, _ context: Context) -> Planes {
    let output = context.pool.take(outputShape(images: input.shape.images))
    context.timed(name, .forward, macs: macs(images: input.shape.images), bytes: bytes(input)) {
      context.engine.convolve(
        input, weight.value, bias: bias?.value.values, stride: stride, phases: phases, method: context.method,
        into: output)
    }
    return output
  }

  /// Sets the gradients of weight and bias, and adds to or overwrites the gradient of the input where one is wanted.
  func backward(
    _ outputGradient: Planes, input: Planes, phases: Planes? = nil, inputGradient: Planes?, accumulate: Bool,
    _ context: Context
  ) {
    let engine = context.engine
    if let bias { bias.gradient.values = engine.channelSums(outputGradient) }
    let (macs, bytes) = (macs(images: input.shape.images), bytes(input))
    if let inputGradient, engine.gradientsShareWork(input, outputGradient, kernel: kernel, stride: stride) {
      context.timed(name, .gradients, macs: 2 * macs, bytes: bytes + input.shape.bytes) {
        engine.convolutionGradients(
          input, outputGradient, weight.value, stride: stride, accumulate: accumulate,
          into: &weight.gradient, inputGradient: inputGradient)
      }
      return
    }
    context.timed(name, .weightGradient, macs: macs, bytes: bytes) {
      engine.convolutionWeightGradient(
        input, outputGradient, stride: stride, phases: phases, into: &weight.gradient)
    }
    guard let inputGradient else { return }
    context.timed(name, .inputGradient, macs: macs, bytes: bytes) {
      engine.convolutionInputGradient(
        outputGradient, weight.value, stride: stride, accumulate: accumulate, into: inputGradient)
    }
  }

  /// Every work reads or writes both of the layer's activations, or their gradients, once.
  private func bytes(_ input: Planes) -> Int {
    input.shape.bytes + outputShape(images: input.shape.images).bytes
  }

  private func macs(images: Int) -> Int { images * weight.value.count * outputRows * outputColumns }

  // MARK: Relevance

  /// The forward pass of a layer that relevance goes back through, and what batch norm, and maybe a ReLU, make of it.
  ///
  /// - Parameter maps: of every output channel.
  /// - Returns: the output, and what ``relevance(_:input:sums:addingTo:_:)`` takes; nil where sums are not to be had by signs.
  func forwardBySigns(
    _ input: Planes, maps: [ChannelAffine], relu: Bool, _ context: Context
  ) -> (output: Planes, sums: SignedSums)? {
    let engine = context.engine
    guard let convolution = context.convolutions[name],
      engine.sumsBySigns(kernel: kernel)
    else { return nil }
    let shape = outputShape(images: input.shape.images)
    let output = context.pool.take(shape)
    let sums = SignedSums(positive: context.pool.take(shape), negative: context.pool.take(shape))
    var maps = maps
    for (channel, bias) in (bias?.value.values ?? []).enumerated() {
      maps[channel].shift += maps[channel].scale * bias
    }
    engine.convolveBySigns(input, convolution, maps: maps, relu: relu, sums: sums, into: output)
    return (output, sums)
  }

  /// Relevance of the input `a` from the relevance R of the output, by the alpha-beta rule:
  ///
  /// a * (alpha * W+^T (R / (W+ a)) - beta * W-^T (R / (W- a))), W+ = max(W, 1e-9), W- = min(W, -1e-9), no bias.
  ///
  /// - Parameters:
  ///   - sums: W+ a and W- a, where the forward pass has them.
  ///   - collected: what it is added to and returned with; nil for planes of its own.
  func relevance(
    _ relevance: Planes, input: Planes, sums: SignedSums?, addingTo collected: Planes?, _ context: Context
  ) -> Planes {
    let result = collected ?? context.pool.take(input.shape)
    context.engine.convolutionRelevance(
      relevance, context.convolutions[name] ?? SignedConvolution(weight.value, stride: stride), input: input,
      sums: sums, alpha: context.rule.alpha, beta: context.rule.beta, accumulate: collected != nil,
      into: result)
    return result
  }

  // MARK: Shape, cost, removal

  func outputShape(images: Int) -> PlaneShape {
    PlaneShape(channels: outputs, images: images, rows: outputRows, columns: outputColumns)
  }

  /// Parameters and MACs (one image) with other numbers of channels than there are now.
  func cost(inputs: Int, outputs: Int) -> Cost {
    let weights = outputs * inputs * kernel * kernel
    return Cost(
      parameters: weights + (bias == nil ? 0 : outputs), macs: weights * outputRows * outputColumns)
  }

  /// Keeps the output channels at `positions`.
  func keepOutputs(_ positions: [Int]) {
    weight.keep(positions, axis: 0)
    bias?.keep(positions, axis: 0)
    keptOutputs = positions.map { keptOutputs[$0] }
  }

  /// Keeps the input channels at `positions`.
  func keepInputs(_ positions: [Int]) {
    weight.keep(positions, axis: 1)
  }
}
