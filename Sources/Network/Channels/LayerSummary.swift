/// One row of the layer table: current size and cost of a layer.
public struct LayerSummary: Equatable, Sendable {
  public enum Kind: String, Sendable { case convolution, linear, normalization }

  public let name: String
  public let kind: Kind
  public let inputs: Int
  public let channels: Int
  /// Whether the channels may be removed.
  public let isPrunable: Bool
  /// Includes the batch norm of the layer.
  public let cost: Cost
}

extension PrunableGraph {
  /// A row for each layer that has weights, in forward order.
  public var layers: [LayerSummary] {
    var nodes: [String: [Int]] = [:]
    var order: [String] = []
    for (index, node) in graph.nodes.enumerated()
    where !node.operation.parameters(graph.inputShapes(index)).isEmpty {
      if nodes[node.layer] == nil { order.append(node.layer) }
      nodes[node.layer, default: []].append(index)
    }
    return order.compactMap { layer in nodes[layer].flatMap { summary(layer, $0) } }
  }

  private func summary(_ layer: String, _ nodes: [Int]) -> LayerSummary? {
    guard let first = nodes.first else { return nil }
    let node = graph.nodes[first]
    let input = graph.shape(node.inputs[0])
    let isLinear = node.operation is Linear
    let kind: LayerSummary.Kind =
      isLinear ? .linear : node.operation is Convolution ? .convolution : .normalization
    return LayerSummary(
      name: layer, kind: kind, inputs: isLinear ? input.channels * input.pixels : input.channels,
      channels: graph.shape(graph.output(of: first)).channels, isPrunable: isPrunable(node: first),
      cost: nodes.map(graph.cost(of:)).reduce(.zero, +))
  }

  private func isPrunable(node: Int) -> Bool {
    guard graph.nodes[node].operation.makesChannels else { return false }
    return structure.classes.classes(of: graph.output(of: node)).contains { name in
      guard let position = structure.positions[name] else { return false }
      return structure.groups[position.group].kind != .stream || prunesStreams
    }
  }

  /// Parameters and MACs of the whole network.
  public var cost: Cost { graph.cost }
}
