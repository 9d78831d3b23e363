import Network

/// Layouts that readers of values request, collected from the output to the image: a reader that
/// needs a particular layout requests it, and the producer of the value follows if it can.
struct LayoutWishes {
  enum Wish: Equatable {
    /// Exactly the network's channels: for the logits, and for inputs of grouped convolutions.
    case whole
    /// The channels of a sum, for a branch with fewer channels.
    case branch(channels: [Int], sum: Int, isFilled: Bool)
  }

  private var wishes: [Graph.Value: Wish] = [:]
  /// Nodes after which all values are vectors, which have two dimensions in ONNX.
  private(set) var tail: Set<Int> = []

  init(_ graph: Graph) {
    wishes[graph.output] = .whole
    let vectors = Self.vectors(graph)
    for index in graph.nodes.indices.reversed() {
      let node = graph.nodes[index]
      if isTail(index, vectors, graph) { tail.insert(index) }
      let own = self[graph.output(of: index)]
      for (rank, input) in node.inputs.enumerated() {
        if let wish = Self.wish(of: node, for: rank, own: own, graph) { ask(wish, of: input) }
      }
    }
  }

  subscript(value: Graph.Value) -> Wish? { wishes[value] }

  private mutating func ask(_ wish: Wish, of value: Graph.Value) {
    if wish == .whole || wishes[value] == nil { wishes[value] = wish }
  }

  private static func wish(of node: Graph.Node, for rank: Int, own: Wish?, _ graph: Graph) -> Wish? {
    switch node.operation {
    case let convolution as Convolution:
      let inputs = graph.shapes[node.inputs[0].index].channels
      if convolution.groups == 1 { return nil }
      if convolution.groups != inputs { return .whole }
      return convolution.outputs == inputs || own == .whole ? own : nil
    case is Linear: return nil
    case let sum as Add:
      guard let list = sum.channels[rank] else { return own }
      let channels = graph.shapes[node.inputs[sum.shortcut].index].channels
      return .branch(channels: list, sum: channels, isFilled: own != .whole)
    case is Concatenate, is Flatten: return own == .whole ? .whole : nil
    default: return own
    }
  }

  /// Outputs of linear layers and flattening, and of operations that keep them vectors.
  private static func vectors(_ graph: Graph) -> Set<Graph.Value> {
    var vectors: Set<Graph.Value> = []
    for (index, node) in graph.nodes.enumerated() {
      let isVector =
        switch node.operation {
        case is Linear, is Flatten: true
        case is Activation, is Dropout, is BatchNormalization, is Add, is Concatenate, is Multiply:
          node.inputs.allSatisfy(vectors.contains)
        default: false
        }
      if isVector { vectors.insert(graph.output(of: index)) }
    }
    return vectors
  }

  private func isTail(_ index: Int, _ vectors: Set<Graph.Value>, _ graph: Graph) -> Bool {
    let value = graph.output(of: index)
    return vectors.contains(value) && graph.readers(of: value).allSatisfy(tail.contains)
  }
}
