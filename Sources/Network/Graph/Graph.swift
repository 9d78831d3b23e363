/// The structure of a network: operations in topological order.
///
/// A graph is an immutable value without weights. It needs no engine, so that validation, plans,
/// costs, reports and channel groups can use it alone.
public struct Graph: Sendable {
  /// Features in the graph, by index: value 0 is the image, and node `i` computes value `i + 1`.
  public struct Value: Hashable, Comparable, Sendable {
    public let index: Int

    public static let image = Value(index: 0)

    init(index: Int) {
      self.index = index
    }

    public static func < (a: Value, b: Value) -> Bool { a.index < b.index }
  }

  /// One operation with its inputs.
  public struct Node: Sendable {
    public var operation: any Operation
    public let inputs: [Value]
    /// The layer that the operation belongs to, as named in reports, scores and `prune.exclude`.
    ///
    /// A convolution with its batch norm and activation is one layer.
    public let layer: String
    /// Prefix of the names of the node's tensors: `layer1.0.bn1`.
    public let tensors: String
    public let pruning: Pruning
  }

  /// How the channels that a node computes may be pruned.
  public enum Pruning: Hashable, Sendable {
    /// They are scored, and the lowest-ranked are removed.
    case prunable
    /// They are scored, but kept.
    case kept
    /// They belong to the residual stream with this name, which loses channels only if streams are
    /// pruned.
    case stream(String)
  }

  /// The image's shape.
  public let input: FeatureShape
  public let nodes: [Node]
  /// The shape of every value.
  public let shapes: [FeatureShape]
  /// Nodes that read each value.
  let readers: [[Int]]

  /// - Throws: ``GraphError`` when shapes do not fit.
  /// - Precondition: a node reads only earlier values; there is at least one node.
  init(input: FeatureShape, nodes: [Node]) throws(GraphError) {
    precondition(!nodes.isEmpty, "a graph has at least one node")
    var shapes = [input]
    var readers = [[Int]](repeating: [], count: nodes.count + 1)
    for (index, node) in nodes.enumerated() {
      precondition(node.inputs.allSatisfy { $0.index <= index }, "\(node.layer) reads what comes after it")
      shapes.append(try node.operation.outputShape(node.inputs.map { shapes[$0.index] }))
      for input in node.inputs { readers[input.index].append(index) }
    }
    self.input = input
    self.nodes = nodes
    self.shapes = shapes
    self.readers = readers
  }

  /// The logits.
  public var output: Value { Value(index: nodes.count) }

  public var classes: Int { shapes[output.index].channels }

  func shape(_ value: Value) -> FeatureShape { shapes[value.index] }

  func inputShapes(_ node: Int) -> [FeatureShape] { nodes[node].inputs.map { shapes[$0.index] } }

  /// The value that a node computes.
  package func output(of node: Int) -> Value { Value(index: node + 1) }

  /// The node that computes a value; nil for the image.
  func producer(of value: Value) -> Int? { value.index > 0 ? value.index - 1 : nil }

  /// The nodes that read a value.
  package func readers(of value: Value) -> [Int] { readers[value.index] }

  /// The only reader of a value; nil if there are several or none, or if the value is the graph's
  /// output.
  package func onlyReader(of value: Value) -> Int? {
    value != output && readers[value.index].count == 1 ? readers[value.index][0] : nil
  }

  /// The operation of a node, if it has this type.
  package func operation<T: Operation>(_ node: Int, as type: T.Type) -> T? { nodes[node].operation as? T }
}
