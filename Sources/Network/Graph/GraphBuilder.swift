import Compute

/// Builds a graph node by node, and tracks shapes.
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
  /// By value: convolutions on the longest path from the image.
  private var depths = [0]
  private var channels = 0
  private var weights = 0

  /// Limits on the elements of a value of one image, the channels of all values, and the weights of
  /// a graph: more would be a mistake, and could overflow.
  private static let (mostElements, mostChannels, mostWeights) = (1 << 28, 1 << 23, 1 << 31)

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
  ///   - tensors: prefix of its tensors' names; by default the name of the layer
  /// - Throws: ``GraphError`` when the shapes do not fit.
  public mutating func add(
    _ operation: any Operation, _ inputs: [Graph.Value], layer: String, tensors: String? = nil,
    pruning: Graph.Pruning = .prunable
  ) throws(GraphError) -> Graph.Value {
    try append(operation, inputs.map { shapes[$0.index] })
    nodes.append(
      Graph.Node(
        operation: operation, inputs: inputs, layer: layer, tensors: tensors ?? layer, pruning: pruning))
    depths.append((inputs.map { depths[$0.index] }.max() ?? 0) + (operation is Convolution ? 1 : 0))
    return Graph.Value(index: nodes.count)
  }

  /// The residual stream among a sum's operands: the one with the fewest convolutions before it, or
  /// the first of several; nil if there is none.
  public func stream(among operands: [Graph.Value]) -> Graph.Value? {
    operands.min { depths[$0.index] < depths[$1.index] }
  }

  /// Adds the shape of a value, and counts its elements.
  private mutating func append(
    _ operation: any Operation, _ inputs: [FeatureShape]
  ) throws(GraphError) {
    let shape = try operation.outputShape(inputs)
    guard Self.product([shape.channels, shape.rows, shape.columns]) <= Self.mostElements else {
      throw .tooLarge("a value of \(shape)")
    }
    channels += shape.channels
    guard channels <= Self.mostChannels else { throw .tooLarge("a network of \(channels) channels") }
    for parameter in operation.parameters(inputs) {
      weights += Self.product(parameter.shape)
      guard weights <= Self.mostWeights else {
        throw .tooLarge(
          "a network with a layer of \(parameter.shape.map(String.init).joined(separator: " x ")) weights")
      }
    }
    shapes.append(shape)
  }

  /// The product, limited to one more than the largest limit.
  private static func product(_ numbers: [Int]) -> Int {
    numbers.reduce(1) { product, number in
      let (result, overflows) = product.multipliedReportingOverflow(by: number)
      return overflows ? mostWeights + 1 : min(result, mostWeights + 1)
    }
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
