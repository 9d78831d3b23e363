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

  static let epsilon: Float = 1e-5
  static let momentum: Float = 0.1

  /// The batch's statistics, kept from the forward to the backward pass of training.
  struct Statistics {
    var mean: [Float]
    var inverseDeviation: [Float]
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
    let (mean, variance) = context.engine.moments(input)
    let count = Float(input.shape.pixelsPerChannel)
    let unbiased = count > 1 ? count / (count - 1) : 1
    for channel in mean.indices {
      runningMean.values[channel] += Self.momentum * (mean[channel] - runningMean.values[channel])
      runningVariance.values[channel] +=
        Self.momentum * (variance[channel] * unbiased - runningVariance.values[channel])
    }
    return Statistics(
      mean: mean, inverseDeviation: variance.map { 1 / ($0 + Self.epsilon).squareRoot() })
  }

  func affine(_ statistics: Statistics) -> Affine {
    var affine = Affine(scale: weight.value.values, shift: bias.value.values)
    for channel in affine.scale.indices {
      affine.scale[channel] *= statistics.inverseDeviation[channel]
      affine.shift[channel] -= statistics.mean[channel] * affine.scale[channel]
    }
    return affine
  }

  /// With the running statistics, as evaluation does.
  func runningAffine() -> Affine {
    affine(
      Statistics(
        mean: runningMean.values,
        inverseDeviation: runningVariance.values.map { 1 / ($0 + Self.epsilon).squareRoot() }))
  }

  /// Sets the gradients of weight and bias and writes the gradient of the input.
  ///
  /// - Parameters:
  ///   - channels: which channel of `gradient` and `reluOutput` each channel of `input` is; nil when they are the same.
  ///   - reluOutput: the activation behind this layer; where it is not positive the gradient counts as zero.
  func backward(
    _ gradient: Planes, input: Planes, statistics: Statistics, channels: [Int]? = nil,
    reluOutput: Planes?, into inputGradient: Planes, _ context: Context
  ) {
    let sums = context.engine.batchNormSums(
      gradient: gradient, input: input, mean: statistics.mean,
      inverseDeviation: statistics.inverseDeviation, channels: channels, reluOutput: reluOutput)
    bias.gradient.values = sums.gradient
    weight.gradient.values = sums.gradientTimesNormalized
    context.engine.batchNormInputGradient(
      gradient: gradient, input: input, mean: statistics.mean,
      inverseDeviation: statistics.inverseDeviation, weight: weight.value.values, sums: sums,
      channels: channels, reluOutput: reluOutput, into: inputGradient)
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
