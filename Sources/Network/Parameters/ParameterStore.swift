import Compute

/// All tensors of a network, by node, in the order of the operation's list.
///
/// It is a reference type, so that several executors can read the same weights.
final class ParameterStore {
  private(set) var nodes: [[Parameter]]
  /// By node: the number of its trained tensors; running statistics follow them.
  private let trainedCounts: [Int]

  /// Sets tensors to their constant initial values; random tensors are zero.
  init(_ graph: Graph) {
    let shapes = graph.nodes.indices.map { graph.nodes[$0].operation.parameters(graph.inputShapes($0)) }
    nodes = shapes.indices.map { node in
      shapes[node].map { shape in
        var constant: Float = 0
        if case .constant(let value) = shape.initial { constant = value }
        return Parameter(
          name: graph.nodes[node].tensors + "." + shape.name, shape: shape.shape, repeating: constant)
      }
    }
    trainedCounts = shapes.map { $0.count(where: \.isTrained) }
  }

  init(copying other: ParameterStore) {
    nodes = other.nodes.map { $0.map(Parameter.init(copying:)) }
    trainedCounts = other.trainedCounts
  }

  subscript(node: Int) -> [Parameter] { nodes[node] }

  /// The trained ones, in the order of the nodes.
  var trained: [Parameter] { nodes.indices.flatMap { nodes[$0].prefix(trainedCounts[$0]) } }

  /// Running means and variances.
  var statistics: [Parameter] { nodes.indices.flatMap { nodes[$0].dropFirst(trainedCounts[$0]) } }

  /// Keeps slices of a node's tensors.
  func keep(_ slices: [ParameterSlice], of node: Int) {
    for slice in slices { nodes[node][slice.parameter].keep(slice.positions, axis: slice.axis) }
  }
}

/// Indices to keep along one axis of a node's tensor.
public struct ParameterSlice: Sendable {
  let parameter: Int
  let axis: Int
  let positions: [Int]
}
