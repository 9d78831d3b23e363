/// Cost of a layer or a network.
public struct Cost: Equatable, Sendable {
  /// Weights, biases, and batch norm's scale and shift.
  public var parameters: Int
  /// Multiply-accumulates of convolution and linear layers for one image.
  public var macs: Int

  public init(parameters: Int, macs: Int) {
    self.parameters = parameters
    self.macs = macs
  }

  public static let zero = Cost(parameters: 0, macs: 0)

  public static func + (a: Cost, b: Cost) -> Cost {
    Cost(parameters: a.parameters + b.parameters, macs: a.macs + b.macs)
  }
}

extension Graph {
  /// Parameters and MACs of all nodes.
  public var cost: Cost { nodes.indices.map(cost(of:)).reduce(.zero, +) }

  /// Parameters and MACs of one node.
  func cost(of node: Int) -> Cost {
    let inputs = inputShapes(node)
    let operation = nodes[node].operation
    return Cost(
      parameters: operation.parameters(inputs).filter(\.isTrained).map(\.count).reduce(0, +),
      macs: operation.macs(inputs))
  }
}
