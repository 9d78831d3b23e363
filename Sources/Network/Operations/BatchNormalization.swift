import Compute

/// Batch normalization over images and pixels, for each channel (Ioffe and Szegedy 2015, arXiv
/// 1502.03167).
///
/// y = weight * (x - mean) / sqrt(variance + 1e-5) + bias, applied as y = scale * x + shift.
/// Training uses the batch mean and biased variance, and moves the running statistics by a tenth
/// towards the batch mean and unbiased variance; evaluation uses the running statistics.
public struct BatchNormalization: RelevancePassing {
  package static let epsilon = 1e-5
  static let momentum = 0.1

  /// The batch statistics, saved for the backward pass of training.
  ///
  /// They are in double precision, since the shift is a difference of numbers that may be large
  /// compared with the normalized values.
  public struct Statistics: Sendable {
    var mean: [Double]
    var inverseDeviation: [Double]

    init(_ moments: [ChannelMoments]) {
      mean = moments.map(\.mean)
      inverseDeviation = moments.map(BatchNormalization.inverseDeviation)
    }
  }

  /// The tensors of one batch norm by their names.
  struct Tensors {
    let weight: Parameter
    let bias: Parameter
    let runningMean: Parameter
    let runningVariance: Parameter

    init(_ tensors: [Parameter]) {
      (weight, bias, runningMean, runningVariance) = (tensors[0], tensors[1], tensors[2], tensors[3])
    }
  }

  public init() {}

  // MARK: Shape, tensors, channels

  public func outputShape(_ inputs: [FeatureShape]) throws(GraphError) -> FeatureShape { inputs[0] }

  public func parameters(_ inputs: [FeatureShape]) -> [ParameterShape] {
    let shape = [inputs[0].channels]
    return [
      ParameterShape("weight", shape, .constant(1)),
      ParameterShape("bias", shape, .constant(0)),
      ParameterShape("running_mean", shape, .constant(0), isTrained: false),
      ParameterShape("running_var", shape, .constant(1), isTrained: false),
    ]
  }

  public func tieChannels(_ node: NodeChannels, into ties: inout ChannelTies) {
    ties.same(node.inputs[0], node.output, channels: node.shape(node.output).channels)
  }

  public func keeping(
    _ kept: KeptPositions, _ inputs: [FeatureShape]
  ) -> (operation: BatchNormalization, slices: [ParameterSlice]) {
    (self, (0..<4).map { ParameterSlice(parameter: $0, axis: 0, positions: kept.output) })
  }

  public func isNonNegative(_ inputs: [Bool]) -> Bool { false }

  // MARK: Forward and backward

  public var backwardNeeds: SavedValues { .inputs }

  public func forward(
    _ x: [Planes], _ tensors: [Parameter], _ run: inout Run
  ) -> (output: Planes, saved: Statistics?) {
    let output = run.planes(x[0].shape)
    return (output, forward(x[0], activation: nil, into: output, Tensors(tensors), run))
  }

  /// Normalizes by the batch statistics in training, and by the running statistics otherwise; adds
  /// the residual stream, then applies the activation.
  ///
  /// - Parameters:
  ///   - channels: which channel of the sum each channel of `input` adds to; nil if they are the
  ///     same
  ///   - residual: nil for zero
  /// - Returns: the batch statistics, which also update the running ones; nil if not training.
  func forward(
    _ input: Planes, channels: [Int]? = nil, residual: Planes? = nil, activation: ActivationFunction?,
    into output: Planes, _ tensors: Tensors, _ run: Run
  ) -> Statistics? {
    let bytes = input.bytes + output.bytes + (residual?.bytes ?? 0)
    return run.timed(tensors.weight.layer, .normalization, bytes: bytes) {
      guard run.mode == .training else {
        run.engine.scaleShiftAdd(
          input, by: runningAffine(tensors), channels: channels, residual: residual,
          activation: activation, into: output)
        return nil
      }
      return normalize(tensors, pixels: input.shape.pixelsPerChannel) {
        run.engine.batchNorm(
          input, channels: channels, residual: residual, activation: activation, into: output, affine: $0)
      }
    }
  }

  /// Normalizes by the batch statistics, which update the running ones.
  ///
  /// - Parameters:
  ///   - pixels: of a channel
  ///   - compute: computes the moments of each channel, applies the affine map that it is given for
  ///     them, and returns the moments
  func normalize(
    _ tensors: Tensors, pixels: Int,
    _ compute: ((_ channel: Int, _ moments: ChannelMoments) -> ChannelAffine) -> [ChannelMoments]
  ) -> Statistics {
    let (scales, shifts) = (tensors.weight.value.values, tensors.bias.value.values)
    let moments = compute { channel, moments in
      Self.affine(
        weight: scales[channel], bias: shifts[channel], mean: moments.mean,
        inverseDeviation: Self.inverseDeviation(moments))
    }
    observe(moments, count: Double(pixels), tensors)
    return Statistics(moments)
  }

  private func observe(_ moments: [ChannelMoments], count: Double, _ tensors: Tensors) {
    let unbiased = count > 1 ? count / (count - 1) : 1
    for (channel, moments) in moments.enumerated() {
      move(&tensors.runningMean.value.values[channel], towards: moments.mean)
      move(&tensors.runningVariance.value.values[channel], towards: moments.variance * unbiased)
    }
  }

  private func move(_ running: inout Float, towards value: Double) {
    running = Float(Double(running) + Self.momentum * (value - Double(running)))
  }

  public func backward(
    _ dy: Planes, _ values: StepValues, _ saved: Statistics?, _ tensors: [Parameter], into dx: NodeFlow,
    _ run: inout Run
  ) {
    guard let saved else { preconditionFailure("a backward pass follows a training pass") }
    backward(
      dy, input: values.input(), statistics: saved, activation: .none, into: dy, Tensors(tensors), run)
    dx.add(dy, to: 0)
  }

  /// Sets the gradients of weight and bias and writes the gradient of the input.
  ///
  /// - Parameters:
  ///   - channels: which channel of `dy` each channel of `input` is; nil if they are the same
  ///   - activation: the activation after batch norm and the sum
  ///   - writesBack: whether to multiply `dy` by the activation's derivative, in the channels that
  ///     `input` has
  ///   - accumulate: whether to add to `inputGradient` instead of overwriting it
  func backward(
    _ dy: Planes, input: Planes, statistics: Statistics, channels: [Int]? = nil,
    activation: BatchNormActivation, writesBack: Bool = false, accumulate: Bool = false,
    into inputGradient: Planes, _ tensors: Tensors, _ run: Run
  ) {
    // Both gradients and the input; with the activation of a sum also its output, and the gradient
    // that is written back.
    let bytes = input.bytes * (writesBack ? 5 : 3)
    run.timed(tensors.weight.layer, .normalization, bytes: bytes) {
      let gradients = run.engine.batchNormGradient(
        dy, input: input, gradientTerms(statistics, tensors), channels: channels, activation: activation,
        writesBack: writesBack, accumulate: accumulate, into: inputGradient)
      tensors.bias.gradient.values = gradients.shift
      tensors.weight.gradient.values = gradients.scale
    }
  }

  /// The activation right behind batch norm, in the form of the engine; nil for none.
  func behind(
    _ statistics: Statistics, _ tensors: Tensors, _ activation: ActivationFunction?
  ) -> BatchNormActivation {
    activation.map { .input(affine(statistics, tensors), of: $0) } ?? .none
  }

  /// Inputs of the gradient, in the form of the engine.
  func gradientTerms(_ statistics: Statistics, _ tensors: Tensors) -> BatchNormStatistics {
    BatchNormStatistics(
      mean: statistics.mean.map { Float($0) },
      inverseDeviation: statistics.inverseDeviation.map { Float($0) }, weight: tensors.weight.value.values)
  }

  // MARK: Scale and shift

  private static func inverseDeviation(_ moments: ChannelMoments) -> Double {
    1 / (moments.variance + epsilon).squareRoot()
  }

  private static func affine(
    weight: Float, bias: Float, mean: Double, inverseDeviation: Double
  ) -> ChannelAffine {
    let scale = Double(weight) * inverseDeviation
    return ChannelAffine(scale: Float(scale), shift: Float(Double(bias) - mean * scale))
  }

  func affine(_ statistics: Statistics, _ tensors: Tensors) -> [ChannelAffine] {
    tensors.weight.value.values.indices.map { channel in
      Self.affine(
        weight: tensors.weight.value.values[channel], bias: tensors.bias.value.values[channel],
        mean: statistics.mean[channel], inverseDeviation: statistics.inverseDeviation[channel])
    }
  }

  /// Scale and shift from the running statistics, as in evaluation.
  func runningAffine(_ tensors: Tensors) -> [ChannelAffine] {
    let moments = zip(tensors.runningMean.value.values, tensors.runningVariance.value.values).map {
      ChannelMoments(mean: Double($0), variance: Double($1))
    }
    return affine(Statistics(moments), tensors)
  }
}
