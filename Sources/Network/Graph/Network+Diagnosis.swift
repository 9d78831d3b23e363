import Compute

extension Network {
  /// The first layer, in the order in which data meets them, whose parameters or kept activations are not finite.
  ///
  /// Meant for after a training pass whose loss is not finite.
  public func firstNonFiniteLayer() -> String? {
    let broken = Set(parameters.filter { !$0.value.values.allSatisfy(\.isFinite) }.map(\.name))
    for layer in features {
      for unit in layer.units {
        let names = [unit.convolution.weight.name, unit.convolution.bias?.name].compactMap { $0 }
        if names.contains(where: broken.contains) { return unit.convolution.name }
        let normalization = [unit.normalization.weight.name, unit.normalization.bias.name]
        if normalization.contains(where: broken.contains) { return unit.normalization.name }
      }
      for (name, planes) in layer.keptActivations where !planes.dense().allSatisfy(\.isFinite) { return name }
    }
    return classifier.first { layer in
      broken.contains(layer.weight.name) || broken.contains(layer.bias.name)
        || !(layer.output?.values.allSatisfy(\.isFinite) ?? true)
    }?.name
  }
}
