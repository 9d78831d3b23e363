import Compute

/// What importance criteria measure of channels, besides weights and relevance.
extension Network {
  /// The factor by which batch norm scales every channel, `[channels]`, by the convolution before it.
  ///
  /// Hidden units of a classifier have none.
  public var normalizationScales: [String: Tensor] {
    scoredUnits.reduce(into: [:]) { $0[$1.convolution.name] = $1.normalization.weight.value }
  }

  /// Derivative of the loss of the last backward pass by a factor on every channel's output that is 1, by layer.
  ///
  /// With y = weight * x + bias what batch norm makes of a channel, that is
  /// sum over images and pixels of dL/dy * y = weight * dL/dweight + bias * dL/dbias,
  /// which the backward pass has computed. A hidden unit's is the same sum over all of its weights and its bias.
  public var gateGradients: [String: [Double]] {
    var found: [String: [Double]] = [:]
    for unit in scoredUnits {
      let (weight, bias) = (unit.normalization.weight, unit.normalization.bias)
      found[unit.convolution.name] = weight.value.values.indices.map { channel in
        product(weight, channel) + product(bias, channel)
      }
    }
    for layer in classifier where layer.isPrunable {
      found[layer.name] = (0..<layer.outputs).map { unit in
        let row = unit * layer.inputs..<(unit + 1) * layer.inputs
        return row.reduce(product(layer.bias, unit)) { $0 + product(layer.weight, $1) }
      }
    }
    return found
  }

  private func product(_ parameter: Parameter, _ index: Int) -> Double {
    Double(parameter.value.values[index]) * Double(parameter.gradient.values[index])
  }

  /// Share of images and pixels at which a channel is above zero behind its ReLU, by layer.
  ///
  /// The last convolution of a residual block has its ReLU behind the sum with the shortcut.
  ///
  /// - Parameter images: as many values as the shape of `input` has for `count` images.
  public func positiveShares(_ images: [Float], count: Int) -> [String: [Double]] {
    _ = forward(images, count: count, pass: .activations)
    defer { release() }
    let activations = Dictionary(
      features.flatMap(\.keptActivations).map { ($0.name, $0.planes) }, uniquingKeysWith: { $1 })
    var found: [String: [Double]] = [:]
    // A projection has no ReLU of its own.
    for unit in scoredUnits where unit.hasReLU || unit.role != .fixed {
      guard let planes = activations[unit.normalization.name] else { continue }
      let shares = engine.positiveShares(planes)
      let kept = unit.convolution.keptOutputs
      let isWhole = shares.count == kept.count
      found[unit.convolution.name] =
        isWhole ? shares : (unit.stream?.positions(of: kept) ?? kept).map { shares[$0] }
    }
    for layer in classifier where layer.isPrunable {
      guard let output = layer.output else { continue }
      found[layer.name] = (0..<layer.outputs).map { unit in
        let above = (0..<count).count { output.values[$0 * layer.outputs + unit] > 0 }
        return Double(above) / Double(max(1, count))
      }
    }
    return found
  }

  /// Leaves running statistics as they were before `body`, which may do training passes.
  public func keepingRunningStatistics<Result>(_ body: () -> Result) -> Result {
    let normalizations = units.map(\.normalization)
    let before = normalizations.map { ($0.runningMean, $0.runningVariance) }
    defer {
      for (normalization, (mean, variance)) in zip(normalizations, before) {
        normalization.runningMean = mean
        normalization.runningVariance = variance
      }
    }
    return body()
  }
}
