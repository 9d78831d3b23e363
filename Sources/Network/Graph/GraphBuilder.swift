import Compute

/// Puts a graph together, node by node, keeping track of shapes.
///
/// ```swift
/// var builder = GraphBuilder(input: FeatureShape(channels: 3, rows: 32, columns: 32))
/// let stem = try builder.convolution(Convolution(outputs: 16, kernel: 3), of: .image, layer: "conv1", norm: "bn1")
/// let mean = try builder.add(GlobalAveragePooling(), [stem], layer: "pool")
/// _ = try builder.add(Linear(outputs: 10), [mean], layer: "fc")
/// let graph = try builder.graph()
/// ```
public struct GraphBuilder: Sendable {
  public let input: FeatureShape
  private var nodes: [Graph.Node] = []
  private var shapes: [FeatureShape]

  /// - Parameter input: an image's shape.
  public init(input: FeatureShape) {
    self.input = input
    shapes = [input]
  }

  public func shape(_ value: Graph.Value) -> FeatureShape { shapes[value.index] }

  /// Adds an operation that reads the given values.
  ///
  /// - Parameters:
  ///   - layer: the layer that it belongs to
  ///   - tensors: what its tensors' names begin with; the layer's name if not given
  /// - Throws: ``GraphError`` when the shapes do not fit.
  public mutating func add(
    _ operation: any Operation, _ inputs: [Graph.Value], layer: String, tensors: String? = nil,
    pruning: Graph.Pruning = .prunable
  ) throws(GraphError) -> Graph.Value {
    shapes.append(try operation.outputShape(inputs.map { shapes[$0.index] }))
    nodes.append(
      Graph.Node(
        operation: operation, inputs: inputs, layer: layer, tensors: tensors ?? layer, pruning: pruning))
    return Graph.Value(index: nodes.count)
  }

  /// Adds a convolution, batch norm and an activation as one layer.
  public mutating func convolution(
    _ convolution: Convolution, of input: Graph.Value, layer: String, norm: String,
    activation: ActivationFunction? = .relu, pruning: Graph.Pruning = .prunable
  ) throws(GraphError) -> Graph.Value {
    var value = try add(convolution, [input], layer: layer, pruning: pruning)
    value = try add(BatchNormalization(), [value], layer: layer, tensors: norm, pruning: pruning)
    guard let activation else { return value }
    return try add(Activation(activation), [value], layer: layer, pruning: pruning)
  }

  /// - Precondition: at least one operation was added.
  public func graph() throws(GraphError) -> Graph { try Graph(input: input, nodes: nodes) }
}
