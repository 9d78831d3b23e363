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

    init(mean: [Double], variance: [Double]) {
      self.mean = mean
      inverseDeviation = variance.map { 1 / ($0 + BatchNormalization.epsilon).squareRoot() }
    }
  }

  /// A channel's map x -> scale * x + shift.
  struct Affine {
    var scale: [Float]
    var shift: [Float]
  }

  init(name: String, channels: Int) {
    self.name = name
    weight = Parameter(name: name + ".weight", shape: [channels], repeating: 1)
    bias = Parameter(name: name + ".bias", shape: [channels])
    runningMean = Tensor(shape: [channels])
    runningVariance = Tensor(shape: [channels], repeating: 1)
  }

  // MARK: Forward and backward

  /// Statistics of a batch, which also move the running ones.
  func observe(_ input: Planes, _ context: Context) -> Statistics {
    let (mean, variance) = context.timed(name, .normalization) { context.engine.moments(input) }
    let count = Double(input.shape.pixelsPerChannel)
    let unbiased = count > 1 ? count / (count - 1) : 1
    for channel in mean.indices {
      move(&runningMean.values[channel], towards: mean[channel])
      move(&runningVariance.values[channel], towards: variance[channel] * unbiased)
    }
    return Statistics(mean: mean, variance: variance)
  }

  private func move(_ running: inout Float, towards value: Double) {
    running = Float(Double(running) + Self.momentum * (value - Double(running)))
  }

  func affine(_ statistics: Statistics) -> Affine {
    var affine = Affine(scale: weight.value.values, shift: bias.value.values)
    for channel in affine.scale.indices {
      let scale = Double(affine.scale[channel]) * statistics.inverseDeviation[channel]
      affine.scale[channel] = Float(scale)
      affine.shift[channel] = Float(Double(affine.shift[channel]) - statistics.mean[channel] * scale)
    }
    return affine
  }

  /// With the running statistics, as evaluation does.
  func runningAffine() -> Affine {
    affine(
      Statistics(mean: runningMean.values.map(Double.init), variance: runningVariance.values.map(Double.init))
    )
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
    let affine = affine(statistics)
    let gate: ReLUGate = hasReLU ? .affine(scale: affine.scale, shift: affine.shift) : .open
    let sumsGate = streamOutput.map { ReLUGate.output($0) } ?? gate
    let mean = statistics.mean.map { Float($0) }
    let inverseDeviation = statistics.inverseDeviation.map { Float($0) }
    context.timed(name, .normalization) {
      let sums = context.engine.batchNormSums(
        gradient: gradient, input: input, mean: mean, inverseDeviation: inverseDeviation, channels: channels,
        gate: sumsGate, gates: streamOutput != nil)
      bias.gradient.values = sums.gradient
      weight.gradient.values = sums.gradientTimesNormalized
      context.engine.batchNormInputGradient(
        gradient: gradient, input: input, mean: mean, inverseDeviation: inverseDeviation,
        weight: weight.value.values, sums: sums, channels: channels, gate: gate, into: inputGradient)
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
