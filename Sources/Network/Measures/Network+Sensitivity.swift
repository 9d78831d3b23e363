import Compute

/// Measures of channels for importance criteria, except relevance.
extension Network {
  /// Weights by layer, with the layer's channels as first axis, for norms of filters.
  public var filters: [String: Tensor] {
    structure.scoredLayers.reduce(into: [:]) { $0[$1.name] = store[$1.node][0].value }
  }

  /// Batch norm's scale of every channel, `[channels]`, by the convolution before it.
  ///
  /// Hidden units and convolutions without batch norm have none.
  public var normalizationScales: [String: Tensor] {
    structure.scoredLayers.reduce(into: [:]) { found, layer in
      found[layer.name] = layer.normalization.map { store[$0][0].value }
    }
  }

  /// Derivative of the loss with respect to a gate of value 1 on the output of every channel, by
  /// layer, after a backward pass.
  ///
  /// With y = weight * x + bias the output of batch norm, the derivative is the sum over images and
  /// pixels of dL/dy * y = weight * dL/dweight + bias * dL/dbias, which the backward pass has
  /// computed. Without batch norm it is the same sum over all weights and the bias of a filter or
  /// unit.
  public var gateGradients: [String: [Double]] {
    structure.scoredLayers.reduce(into: [:]) { found, layer in
      let tensors = layer.normalization.map { Array(store[$0].prefix(2)) } ?? store[layer.node]
      let channels = store[layer.node][0].value.shape[0]
      found[layer.name] = (0..<channels).map { channel in
        // The bias first, as for a hidden unit.
        layer.normalization == nil
          ? tensors.reversed().reduce(0.0) { product($1, channel, from: $0) }
          : tensors.map { product($0, channel, from: 0) }.reduce(0, +)
      }
    }
  }

  /// Adds value times gradient of all elements that belong to a channel.
  private func product(_ parameter: Parameter, _ channel: Int, from initial: Double) -> Double {
    let size = parameter.value.count / max(1, parameter.value.shape[0])
    return (channel * size..<(channel + 1) * size).reduce(initial) { sum, index in
      sum + Double(parameter.value.values[index]) * Double(parameter.gradient.values[index])
    }
  }

  /// Share of images and pixels at which a channel is positive after its activation, by layer.
  ///
  /// For the last convolution of a residual block, this is the activation after the sum with the
  /// shortcut.
  ///
  /// - Parameter images: `[channels, images, rows, columns]`
  public func positiveShares(_ images: Planes) -> [String: [Double]] {
    // A projection that starts a stream has no activation.
    let relevant = Set(structure.relevanceLayers.map(\.node))
    let layers = structure.scoredLayers.filter { $0.hasActivation || relevant.contains($0.node) }
    let wanted = Set(layers.map(\.activation))
    var shares: [Graph.Value: [Double]] = [:]
    var run = makeRun(.evaluation)
    _ = executor().forward(images, &run) { value, planes in
      if wanted.contains(value) { shares[value] = engine.positiveShares(planes) }
    }
    return layers.reduce(into: [:]) { found, layer in
      guard let all = shares[layer.activation] else { return }
      found[layer.name] = layer.channels.map { $0.map { all[$0] } } ?? all
    }
  }

  /// Restores the running statistics after `body`, which may run training passes.
  public func keepingRunningStatistics<Result>(_ body: () -> Result) -> Result {
    let before = store.statistics.map { ($0, $0.value) }
    defer { for (statistic, value) in before { statistic.value = value } }
    return body()
  }
}
