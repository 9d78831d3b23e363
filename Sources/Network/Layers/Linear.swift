import Compute

/// A linear layer, optionally with ReLU and dropout behind it.
///
/// y[n, o] = b[o] + sum over i of W[o, i] * x[n, i]; input `[images, inputs]`, weight `[outputs, inputs]`.
/// Dropout (Srivastava et al. 2014) zeroes a unit with its probability p in training and scales the others by 1/(1-p).
public final class Linear {
  public let name: String
  public let weight: Parameter
  public let bias: Parameter
  let hasReLU: Bool
  let dropout: Float
  /// Name of the layer whose prunable channels come in, if they are prunable.
  let inputGroup: String?
  /// Inputs that belong to one channel of the input group: the pixels of its map, 1 behind another linear layer.
  let inputsPerChannel: Int
  /// Whether the outputs are hidden units that may be removed.
  let isPrunable: Bool
  let originalOutputs: Int
  /// Which of the original units are left.
  public private(set) var keptOutputs: [Int]

  private var input: Tensor?
  private(set) var output: Tensor?

  public var outputs: Int { weight.value.shape[0] }
  public var inputs: Int { weight.value.shape[1] }

  init(
    name: String, inputs: Int, outputs: Int, hasReLU: Bool = false, dropout: Float = 0,
    inputGroup: String? = nil, inputsPerChannel: Int = 1, isPrunable: Bool = false
  ) {
    self.name = name
    self.hasReLU = hasReLU
    self.dropout = dropout
    self.inputGroup = inputGroup
    self.inputsPerChannel = inputsPerChannel
    self.isPrunable = isPrunable
    weight = Parameter(name: name + ".weight", shape: [outputs, inputs])
    bias = Parameter(name: name + ".bias", shape: [outputs])
    originalOutputs = outputs
    keptOutputs = Array(0..<outputs)
  }

  /// A layer with the same parameters, not copies of them, and nothing kept.
  init(sharingParametersOf other: Linear) {
    name = other.name
    hasReLU = other.hasReLU
    dropout = other.dropout
    inputGroup = other.inputGroup
    inputsPerChannel = other.inputsPerChannel
    isPrunable = other.isPrunable
    weight = other.weight
    bias = other.bias
    originalOutputs = other.originalOutputs
    keptOutputs = other.keptOutputs
  }

  // MARK: Forward and backward

  func forward(_ input: Tensor, _ context: Context) -> Tensor {
    var result = context.engine.matrixMultiply(input, weight.value, transposeB: true)
    for index in result.values.indices {
      let sum = result.values[index] + bias.value.values[index % outputs]
      result.values[index] = hasReLU ? max(sum, 0) : sum
    }
    if context.pass == .training { drop(&result, context) }
    if context.keepsActivations {
      self.input = input
      output = result
    }
    return result
  }

  /// With ReLU before it, a dropped unit looks like one that ReLU cut off, so the output alone tells the backward pass.
  private func drop(_ activation: inout Tensor, _ context: Context) {
    guard dropout > 0, var stream = context.dropout else { return }
    let scale = 1 / (1 - dropout)
    for index in activation.values.indices {
      activation.values[index] = stream.uniform() < dropout ? 0 : activation.values[index] * scale
    }
    context.dropout = stream
  }

  /// Sets the gradients of weight and bias and returns the gradient of the input.
  func backward(_ outputGradient: Tensor, _ context: Context) -> Tensor {
    guard let input, let output else { return outputGradient }
    var gradient = outputGradient
    if hasReLU {
      let scale = context.dropout == nil ? 1 : 1 / (1 - dropout)
      for index in gradient.values.indices {
        gradient.values[index] = output.values[index] > 0 ? gradient.values[index] * scale : 0
      }
    }
    weight.gradient = context.engine.matrixMultiply(gradient, transposeA: true, input)
    bias.gradient.values = columnSums(gradient)
    let inputGradient = context.engine.matrixMultiply(gradient, weight.value)
    release()
    return inputGradient
  }

  private func columnSums(_ matrix: Tensor) -> [Float] {
    var sums = [Double](repeating: 0, count: outputs)
    for index in matrix.values.indices { sums[index % outputs] += Double(matrix.values[index]) }
    return sums.map(Float.init)
  }

  // MARK: Relevance

  /// The alpha-beta rule, as for a convolution, with W+ = max(W, 0) and W- = min(W, 0).
  func relevance(_ relevance: Tensor, _ context: Context) -> Tensor {
    guard let input else { return relevance }
    let positive = share(of: relevance, input: input, context) { max($0, 0) }
    let negative = share(of: relevance, input: input, context) { min($0, 0) }
    var result = input
    for index in result.values.indices {
      result.values[index] *=
        context.rule.alpha * positive.values[index] - context.rule.beta * negative.values[index]
    }
    release()
    return result
  }

  private func share(
    of relevance: Tensor, input: Tensor, _ context: Context, part: (Float) -> Float
  ) -> Tensor {
    let weights = Tensor(shape: weight.value.shape, values: weight.value.values.map(part))
    var quotients = context.engine.matrixMultiply(input, weights, transposeB: true)
    for index in quotients.values.indices {
      quotients.values[index] = relevance.values[index] / (quotients.values[index] + RelevanceRule.stabilizer)
    }
    return context.engine.matrixMultiply(quotients, weights)
  }

  func release() {
    input = nil
    output = nil
  }

  // MARK: Cost and removal

  /// Parameters and MACs with other numbers of inputs and outputs than there are now.
  func cost(inputs: Int, outputs: Int) -> Cost {
    Cost(parameters: outputs * inputs + outputs, macs: outputs * inputs)
  }

  func keepOutputs(_ positions: [Int]) {
    weight.keep(positions, axis: 0)
    bias.keep(positions, axis: 0)
    keptOutputs = positions.map { keptOutputs[$0] }
  }

  /// Keeps the inputs that belong to the channels at `positions`.
  func keepInputs(_ positions: [Int]) {
    weight.keep(
      positions.flatMap { channel in (0..<inputsPerChannel).map { channel * inputsPerChannel + $0 } }, axis: 1
    )
  }
}
