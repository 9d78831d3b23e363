import Compute

extension Network {
  /// A row for each convolution (with its batch norm) and linear layer, in the order in which data meets them.
  ///
  /// - Parameter channels: numbers of channels, by group, to count with instead of those left now.
  public func layers(channels: [String: Int] = [:]) -> [LayerSummary] {
    let rows = units.map { unit in
      let convolution = unit.convolution
      let inputs = convolution.inputGroup.flatMap { channels[$0] } ?? convolution.inputs
      let outputs = unit.outputGroup.flatMap { channels[$0] } ?? convolution.outputs
      return LayerSummary(
        name: convolution.name, kind: .convolution, inputs: inputs, channels: outputs,
        isPrunable: unit.role == .prunable || (prunesStreams && unit.role == .fixed),
        cost: unit.cost(inputs: inputs, outputs: outputs))
    }
    let linear = classifier.map { layer in
      let inputs =
        layer.inputGroup.flatMap { channels[$0] }.map { $0 * layer.inputsPerChannel } ?? layer.inputs
      let outputs = layer.isPrunable ? channels[layer.name] ?? layer.outputs : layer.outputs
      return LayerSummary(
        name: layer.name, kind: .linear, inputs: inputs, channels: outputs, isPrunable: layer.isPrunable,
        cost: layer.cost(inputs: inputs, outputs: outputs))
    }
    return rows + linear
  }

  /// Parameters and MACs of the whole network, with other numbers of channels if given.
  public func cost(channels: [String: Int] = [:]) -> Cost {
    layers(channels: channels).map(\.cost).reduce(.zero, +)
  }
}
