import Compute

/// Batch normalization over images and pixels, for each channel (Ioffe and Szegedy 2015, arXiv 1502.03167).
///
/// y = weight * (x - mean) / sqrt(variance + 1e-5) + bias, applied as y = scale * x + shift.
/// Training uses the batch's mean and biased variance and moves the running statistics by a tenth towards
/// the batch's mean and unbiased variance; evaluation uses the running statistics.
public final class BatchNormalization {
  public let name: String
  public let weight: Parameter
  public let bias: Parameter
  public internal(set) var runningMean: Tensor
  public internal(set) var runningVariance: Tensor

  static let epsilon = 1e-5
  static let momentum = 0.1

  /// The batch's statistics, kept from the forward to the backward pass of training.
  ///
  /// In double precision: the map's shift is a difference of two numbers that may be large against what is normalized.
  struct Statistics {
    var mean: [Double]
    var inverseDeviation: [Double]

    init(_ moments: [ChannelMoments]) {
      mean = moments.map(\.mean)
      inverseDeviation = moments.map(BatchNormalization.inverseDeviation)
    }
  }

  init(name: String, channels: Int) {
    self.name = name
    weight = Parameter(name: name + ".weight", shape: [channels], repeating: 1)
    bias = Parameter(name: name + ".bias", shape: [channels])
    runningMean = Tensor(shape: [channels])
    runningVariance = Tensor(shape: [channels], repeating: 1)
  }

  // MARK: Forward and backward

  /// By the batch's statistics in training, by the running ones otherwise; adds the residual stream, then ReLU if asked for.
  ///
  /// - Parameters:
  ///   - channels: which channel of the stream each channel of `input` adds to; nil when they are the same.
  ///   - residual: nil for zero.
  /// - Returns: the batch's statistics, which also move the running ones; nil when not training.
  func forward(
    _ input: Planes, channels: [Int]? = nil, residual: Planes? = nil, relu: Bool, into output: Planes,
    _ context: Context
  ) -> Statistics? {
    let bytes = input.shape.bytes + output.shape.bytes + (residual?.shape.bytes ?? 0)
    return context.timed(name, .normalization, bytes: bytes) {
      guard context.pass == .training else {
        context.engine.scaleShiftAdd(
          input, by: runningAffine(), channels: channels, residual: residual, relu: relu, into: output)
        return nil
      }
      let (scales, shifts) = (weight.value.values, bias.value.values)
      let moments = context.engine.batchNorm(
        input, channels: channels, residual: residual, relu: relu, into: output
      ) { channel, moments in
        Self.affine(
          weight: scales[channel], bias: shifts[channel], mean: moments.mean,
          inverseDeviation: Self.inverseDeviation(moments))
      }
      observe(moments, count: Double(input.shape.pixelsPerChannel))
      return Statistics(moments)
    }
  }

  private func observe(_ moments: [ChannelMoments], count: Double) {
    let unbiased = count > 1 ? count / (count - 1) : 1
    for (channel, moments) in moments.enumerated() {
      move(&runningMean.values[channel], towards: moments.mean)
      move(&runningVariance.values[channel], towards: moments.variance * unbiased)
    }
  }

  private func move(_ running: inout Float, towards value: Double) {
    running = Float(Double(running) + Self.momentum * (value - Double(running)))
  }

  private static func inverseDeviation(_ moments: ChannelMoments) -> Double {
    1 / (moments.variance + epsilon).squareRoot()
  }

  private static func affine(
    weight: Float, bias: Float, mean: Double, inverseDeviation: Double
  ) -> ChannelAffine {
    let scale = Double(weight) * inverseDeviation
    return ChannelAffine(scale: Float(scale), shift: Float(Double(bias) - mean * scale))
  }

  func affine(_ statistics: Statistics) -> [ChannelAffine] {
    weight.value.values.indices.map { channel in
      Self.affine(
        weight: weight.value.values[channel], bias: bias.value.values[channel],
        mean: statistics.mean[channel],
        inverseDeviation: statistics.inverseDeviation[channel])
    }
  }

  /// With the running statistics, as evaluation does.
  func runningAffine() -> [ChannelAffine] {
    let moments = zip(runningMean.values, runningVariance.values).map {
      ChannelMoments(mean: Double($0), variance: Double($1))
    }
    return affine(Statistics(moments))
  }

  /// Sets the gradients of weight and bias and writes the gradient of the input.
  ///
  /// - Parameters:
  ///   - channels: which channel of `gradient` each channel of `input` is; nil when they are the same.
  ///   - hasReLU: whether a ReLU follows; where its output is zero the gradient counts as zero.
  ///   - streamOutput: the output of a ReLU behind the sum that this is a term of: `gradient` is set to zero where that
  ///     is, in the channels that `input` has.
  func backward(
    _ gradient: Planes, input: Planes, statistics: Statistics, channels: [Int]? = nil,
    hasReLU: Bool = false, streamOutput: Planes? = nil, into inputGradient: Planes, _ context: Context
  ) {
    let gate: ReLUGate =
      streamOutput.map { .output($0) } ?? (hasReLU ? .affine(affine(statistics)) : .open)
    // Both gradients and the input; with a gate, its output, too, and the gated gradient, which is written.
    let bytes = input.shape.bytes * (streamOutput == nil ? 3 : 5)
    context.timed(name, .normalization, bytes: bytes) {
      let gradients = context.engine.batchNormGradient(
        gradient, input: input, mean: statistics.mean.map { Float($0) },
        inverseDeviation: statistics.inverseDeviation.map { Float($0) }, weight: weight.value.values,
        channels: channels, gate: gate, gates: streamOutput != nil, into: inputGradient)
      bias.gradient.values = gradients.shift
      weight.gradient.values = gradients.scale
    }
  }

  // MARK: Cost and removal

  func cost(channels: Int) -> Cost { Cost(parameters: 2 * channels, macs: 0) }

  func keep(_ positions: [Int]) {
    weight.keep(positions, axis: 0)
    bias.keep(positions, axis: 0)
    runningMean = runningMean.selecting(positions, axis: 0)
    runningVariance = runningVariance.selecting(positions, axis: 0)
  }
}
