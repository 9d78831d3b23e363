import Compute

/// One pass of relevance; ``RelevancePropagation`` spreads images over threads.
extension Network {
  /// Whether relevance is sent back to the input of a layer: not at the layers before the first one that is scored.
  func wantsInputRelevance(_ index: Int) -> Bool {
    features[..<index].contains(where: \.isScored)
  }

  /// As ``RelevancePropagation/relevances(_:labels:)``, all images at once.
  func relevancesAtOnce(
    _ images: [Float], labels: [Int]
  ) -> (logits: Tensor, relevances: [String: Tensor]) {
    let logits = forward(images, count: labels.count, pass: .relevance)
    var vectors = Tensor(shape: [labels.count, classes])
    for (image, label) in labels.enumerated() { vectors.values[image * classes + label] = 1 }
    var found: [String: Tensor] = [:]
    for layer in classifier.reversed() {
      if layer.isPrunable { found[layer.name] = vectors }
      vectors = layer.relevance(vectors, context)
    }
    propagateRelevance(vectors) { name, planes in found[name] = self.engine.imageMeans(planes) }
    release()
    return (logits, found)
  }

  private func propagateRelevance(_ vectors: Tensor, record: (String, Planes) -> Void) {
    guard let headInput, features.contains(where: \.isScored) else { return }
    var relevance = relevanceBeforeHead(vectors, headInput)
    self.headInput = nil
    for (index, layer) in features.enumerated().reversed() {
      guard
        let next = layer.relevance(
          relevance, wantsInput: wantsInputRelevance(index), context, record: record)
      else { break }
      relevance = next
    }
  }

  /// Average pooling: R_in = a * R / (mean a + 1e-9) at every pixel of the window.
  private func relevanceBeforeHead(_ vectors: Tensor, _ activation: Planes) -> Planes {
    let result = context.pool.take(activation.shape)
    guard head == .globalAverage else {
      engine.unflatten(vectors, into: result)
      return result
    }
    let means = engine.globalAveragePool(activation)
    var quotients = vectors
    for index in quotients.values.indices {
      quotients.values[index] /= means.values[index] + RelevanceRule.stabilizer
    }
    let spread = context.pool.take(activation.shape)
    engine.globalAveragePoolGradient(quotients, into: spread)
    let nothing = Planes(activation.shape)
    // The gradient of a mean divides by the window's pixels; relevance does not.
    engine.combine(
      activation: activation, positive: spread,
      alpha: Float(activation.shape.rows * activation.shape.columns),
      negative: nothing, beta: 0, into: result)
    context.pool.give(spread)
    return result
  }
}

extension FeatureLayer {
  /// Whether relevance is wanted here: not at the stem of a residual network.
  fileprivate var isScored: Bool { units.contains { $0.role != .fixed } }
}
