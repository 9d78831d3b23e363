import Specification

/// Checks for options without effect, which are mistakes.
extension Expansion {
  /// Only `leaky_relu` has a slope, and only tensors that a layer has can be named.
  func checkEffects(of layer: LayerDeclaration, _ options: LayerOptions) throws(ArchitectureError) {
    let activation = options.words["activation"] ?? "none"
    if let slope = layer.options["slope"], activation != "leaky_relu" {
      throw .layer(
        slope.place, path: layer.path + ".slope",
        message: "a slope is of `leaky_relu`, and the activation is `\(activation)`")
    }
    let hasWeights = layer.isConvolution || layer.kind == "linear"
    let hasNorm = layer.isConvolution ? options.hasNorm : layer.kind == "norm"
    for (key, isThere) in [("weights", hasWeights), ("norm", hasNorm)]
    where layer.tensors[key] != nil && !isThere {
      throw .layer(
        layer.place, path: "\(layer.path).tensors.\(key)",
        message: "the layer has no \(key == "norm" ? "batch norm" : "weights")")
    }
  }

  /// `outputs` has an effect only if a sum reads the layer.
  func checkPlacements() throws(ArchitectureError) {
    for (value, layer, use) in placed where !summed.contains(value) {
      throw .layer(
        layer.options["outputs"]?.place ?? layer.place, path: layer.path + ".outputs",
        message: use + "no `add` reads this layer, and only a sum's channels can be named")
    }
  }
}

extension LayerDeclaration {
  var isConvolution: Bool { kind == "conv" || kind == "depthwise" }
}
