import Compute
import Network

/// Builds a graph from the nodes of an ONNX file that its output depends on.
struct GraphReader {
  /// The meaning of a name in the file.
  enum Known {
    case features(Features)
    case tensor(Onnx_TensorProto)
    /// A matrix that a Transpose has transposed, and the matrix's name.
    case transposed(Onnx_TensorProto, name: String)
    case sizes(Sizes)
  }

  /// A value of the graph, with padding and steps that the next convolution or pooling must apply.
  struct Features {
    var value: Graph.Value
    /// Whether it has two dimensions in the file, `[batch, channels]`.
    var isVector = false
    /// Zeros above, left, below and right from a Pad.
    var padding = [0, 0, 0, 0]
    /// Steps of rows and columns from a Slice.
    var steps = [1, 1]
    /// The dimension of the channels in the file, which a Transpose of one pixel changes.
    var channelAxis = 1
    /// The operator that has to follow one that removed or added rows or columns alone; the rest is
    /// as after it.
    var second: SecondOperator?

    /// What an operation on single values makes of them.
    func with(_ value: Graph.Value) -> Features {
      Features(value: value, isVector: isVector, channelAxis: channelAxis)
    }

    var isPlain: Bool { padding == [0, 0, 0, 0] && steps == [1, 1] && second == nil }
  }

  /// The second of two operators that remove, or add, rows and columns one after the other, as
  /// `x.mean(3).mean(2)` and `x[:, :, None, None]` do.
  struct SecondOperator {
    /// That of the first one: ReduceMax, ReduceMean, Squeeze, Gather or Unsqueeze.
    let type: String
    /// The dimensions in the file that it may name, of which it names one.
    let axes: [Int]
    /// The number of dimensions in the file that these are among.
    let dimensions: Int
  }

  /// Advice for models that compute probabilities.
  static let logitsAlone = "export a model that returns logits; the loss includes the softmax"

  var decoding: TensorDecoding
  var builder: GraphBuilder
  var tensors: [String: Tensor] = [:]
  /// Number of weights of all projections without tensors in the file.
  var projectedWeights = 0
  /// The file's nodes that lead to the output.
  let nodes: [NodeReader]
  /// By name: the nodes that read it.
  let consumers: [String: [Int]]
  /// Nodes that were read before their turn: constants, and those that an earlier node includes.
  var finished: Set<Int> = []
  /// Values that a sigmoid computes.
  var gates: Set<Graph.Value> = []
  var known: [String: Known] = [:]
  /// The layer of each value.
  private var layers: [Graph.Value: String] = [:]
  private var taken: Set<String> = []
  /// Names of weights that a layer has claimed.
  private(set) var used: Set<String> = []
  /// The name of the output.
  let classes: String
  /// Whether this program wrote the file: networks of experiment files may end in any activation,
  /// and their products have the signal first.
  let isOwn: Bool

  mutating func read() throws(ONNXError) -> ReadNetwork {
    // A product looks ahead for its bias, which may be computed after it.
    for (position, node) in nodes.enumerated() where readsConstantsAlone(node) {
      try read(node)
      finished.insert(position)
    }
    for (position, node) in nodes.enumerated() where !finished.contains(position) { try read(node) }
    return try finish()
  }

  private mutating func read(_ node: NodeReader) throws(ONNXError) {
    let reading = try Self.reading(of: node)
    do throws(ONNXError) {
      try reading(&self, node)
    } catch {
      throw error.node == nil ? node.error(error.problem, error.advice) : error
    }
  }

  private func readsConstantsAlone(_ node: NodeReader) -> Bool {
    node.proto.input.allSatisfy { name in
      switch known[name] {
      case .tensor?, .transposed?, .sizes?: true
      case .features?, nil: false
      }
    }
  }

  private mutating func finish() throws(ONNXError) -> ReadNetwork {
    guard case .features(let last)? = known[classes], last.isPlain, builder.shape(last.value).isVector else {
      throw ONNXError(
        problem: "its output `\(shown(classes))` is not a vector of logits",
        advice: "export a model that ends with global pooling or a linear layer")
    }
    guard last.value != .image else {
      throw ONNXError(
        problem: "its output `\(shown(classes))` is its input", advice: "export a model that computes logits")
    }
    let graph: Graph
    do { graph = try builder.graph() } catch { throw ONNXError(problem: "\(error)") }
    guard last.value == graph.output else {
      throw ONNXError(problem: "its output `\(shown(classes))` is not what the last node computes")
    }
    if let unread = graph.nodes.indices.dropLast().first(where: {
      graph.readers(of: graph.output(of: $0)).isEmpty
    }) {
      throw ONNXError(
        node: graph.nodes[unread].layer, problem: "the network reads only the shape of what it computes",
        advice: "export a model that takes the shape of a value that it also computes with")
    }
    if !isOwn, let activation = graph.nodes.last?.operation as? Activation,
      [.sigmoid, .hardSigmoid].contains(activation.function)
    {
      throw ONNXError(
        problem: "its output `\(shown(classes))` is that of a sigmoid", advice: Self.logitsAlone)
    }
    return ReadNetwork(graph: graph, tensors: tensors)
  }

  // MARK: Names

  func lookup(_ name: String?, of node: NodeReader) throws(ONNXError) -> Known {
    guard let name else { throw node.error("an input is missing") }
    guard let found = known[name] else {
      throw node.error("it reads `\(shown(name))`, which no earlier node computes")
    }
    return found
  }

  mutating func set(_ node: NodeReader, _ value: Known) { known[node.output] = value }

  /// The features that a node reads, without pending padding and steps.
  ///
  /// - Parameter isTransposable: whether the node reads them in any order of the dimensions
  mutating func features(
    _ node: NodeReader, _ rank: Int = 0, isTransposable: Bool = false
  ) throws(ONNXError) -> Features {
    let found = try rawFeatures(node, rank, isTransposable: isTransposable)
    return found.isPlain ? found : try projected(found, node)
  }

  /// The features that a node reads, possibly with pending padding and steps, which the reader must
  /// apply.
  func rawFeatures(
    _ node: NodeReader, _ rank: Int = 0, isTransposable: Bool = false
  ) throws(ONNXError) -> Features {
    guard case .features(let found) = try lookup(node.input(rank), of: node) else {
      throw node.error("it reads a constant where features are expected")
    }
    guard isTransposable || found.channelAxis == 1 else {
      throw node.error(
        "it reads the output of a Transpose", "only what flattens it, linear layers and activations may")
    }
    if let second = found.second {
      throw second.type == "Unsqueeze"
        ? node.error(
          "it reads a vector to which rows or columns alone were added",
          "add both, as x[:, :, None, None] does")
        : node.error(
          "it reads a map whose rows or columns alone were removed",
          "remove both at once, as x.mean((2, 3)) does")
    }
    return found
  }

  /// The features that the second of two nodes gives that remove or add rows and columns; nil if
  /// the node is not such a one.
  ///
  /// - Parameter axes: the dimensions that the node removes or adds
  func afterSecondOperator(_ node: NodeReader, _ axes: [Int]) throws(ONNXError) -> Features? {
    guard case .features(var features) = try lookup(node.input(0), of: node), let second = features.second,
      node.type == second.type, axes.count == 1,
      second.axes.contains(axes[0] < 0 ? axes[0] &+ second.dimensions : axes[0])
    else { return nil }
    features.second = nil
    return features
  }

  /// Advice for a node that is not supported, which may be about the images themselves.
  ///
  /// - Parameter other: the advice if the node does not read the images
  func advice(_ node: NodeReader, unlessImages other: String) -> String {
    readsImages(node) ? "normalize images outside of the model" : other
  }

  /// Whether a node reads the images themselves.
  func readsImages(_ node: NodeReader) -> Bool {
    node.proto.input.contains { name in
      guard case .features(let features)? = known[name] else { return false }
      return features.value == .image
    }
  }

  /// The features that a node reads, possibly with pending padding, which the reader must apply.
  mutating func paddedFeatures(_ node: NodeReader) throws(ONNXError) -> Features {
    let found = try rawFeatures(node)
    return found.steps == [1, 1] ? found : try projected(found, node)
  }

  /// A constant of floats; nil if the node omits it.
  mutating func floats(_ node: NodeReader, _ rank: Int) throws(ONNXError) -> Tensor? {
    guard let name = node.input(rank) else { return nil }
    switch try lookup(name, of: node) {
    case .tensor(let proto): return try decoding.floats(proto)
    case .transposed(let proto, _): return try decoding.floats(proto).transposed
    case .features, .sizes:
      throw node.error("its input `\(shown(name))` is computed; only constants are supported there")
    }
  }

  /// Integers that are constant or derived from shapes; nil if the node omits them.
  mutating func integers(_ node: NodeReader, _ rank: Int) throws(ONNXError) -> [Int?]? {
    guard let name = node.input(rank) else { return nil }
    switch try lookup(name, of: node) {
    case .tensor(let proto): return try decoding.integers(proto).map(Optional.some)
    case .sizes(let sizes): return sizes.values
    case .transposed: throw node.error("its input `\(shown(name))` is a matrix")
    case .features: throw node.error("its input `\(shown(name))` is computed from features")
    }
  }

  /// Claims the weights of a layer, each of which belongs to one.
  ///
  /// - Returns: the prefix of the names of the layer's tensors
  mutating func layerName(_ node: NodeReader, weight: String?) throws(ONNXError) -> String {
    if let weight, !used.insert(weight).inserted {
      throw node.error("another node has the weights `\(shown(weight))` too; each needs its own")
    }
    if let weight, weight.hasSuffix(".weight") { return free(String(weight.dropLast(".weight".count))) }
    return newLayer(node)
  }

  /// A name for a layer without weights, which is that of its node.
  private mutating func newLayer(_ node: NodeReader) -> String {
    free(Self.path(node.proto.name) ?? node.output)
  }

  /// `/layer1/layer1.0/conv1/Conv`, as PyTorch names nodes, is `layer1.0.conv1`.
  static func path(_ name: String) -> String? {
    let parts = name.split(separator: "/").dropLast()
    guard !parts.isEmpty else { return name.isEmpty || name.contains("/") ? nil : name }
    return parts.reduce("") { path, part in
      path.isEmpty || part.hasPrefix(path + ".") ? String(part) : path + "." + part
    }
  }

  /// A name of letters, digits, `.`, `_` and `-` that no layer has yet.
  mutating func free(_ name: String) -> String {
    let allowed = name.unicodeScalars.prefix(200).map { scalar -> Character in
      let isAllowed =
        scalar.isASCII
        && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
          || "._-".unicodeScalars.contains(scalar))
      return isAllowed ? Character(scalar) : "_"
    }
    return taken.insertUnique(allowed.isEmpty ? "layer" : String(allowed), separator: "_")
  }

  /// The layer of the value that only this node reads; nil if others read it, too.
  func layer(before node: NodeReader, _ value: Graph.Value) -> String? {
    guard let name = node.input(0), consumers[name]?.count == 1 else { return nil }
    return layers[value]
  }

  // MARK: The graph

  /// Adds an operation.
  ///
  /// - Parameter layer: the layer that it belongs to; by default a new one
  mutating func append(
    _ operation: any Operation, _ inputs: [Graph.Value], layer: String? = nil, tensors: String? = nil,
    _ node: NodeReader
  ) throws(ONNXError) -> Graph.Value {
    let layer = layer ?? newLayer(node)
    let value: Graph.Value
    do throws(GraphError) {
      value = try builder.add(operation, inputs, layer: layer, tensors: tensors)
    } catch {
      throw node.error("\(error)")
    }
    layers[value] = layer
    return value
  }
}
