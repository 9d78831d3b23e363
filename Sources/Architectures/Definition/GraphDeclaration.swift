import Compute
import Network
import ONNX
import Specification

extension ArchitectureDeclaration {
  /// Declares a graph, pruned or not, as layers: read from a file, they produce the same graph with
  /// the same tensor names.
  ///
  /// - Throws: ``SpecificationError`` if the name of a layer cannot be written in a file, or no
  ///   kind of layer stands for an operation.
  public init(_ graph: Graph) throws(SpecificationError) {
    let writer = DeclarationWriter(graph)
    try self.init(
      Array(JSON.object([("layers", .list(writer.layers()))]).text().utf8), file: DeclarationWriter.file,
      kinds: ArchitectureRegistry.layerKinds)
  }
}

/// Writes the nodes of a graph as declared layers.
private struct DeclarationWriter {
  /// What errors name as the file of the layers.
  static let file = "layers"

  private let graph: Graph
  /// By output value of a layer: the name of the layer.
  private var names: [Graph.Value: String] = [.image: "input"]
  private var taken: Set<String> = ["input"]
  /// By output of a convolution: the channels of the sum that it adds to, if they are the same for
  /// all sums that read it.
  private let outputs: [Graph.Value: [Int]]

  init(_ graph: Graph) {
    self.graph = graph
    let convolutions = Set(Self.units(of: graph).filter { $0.node.operation is Convolution }.map(\.value))
    outputs = graph.branchChannels.filter { convolutions.contains($0.key) }
  }

  private static func units(of graph: Graph) -> [Unit] {
    var units: [Unit] = []
    var node = 0
    while node < graph.nodes.count {
      units.append(Unit(graph, at: node))
      node += units.last?.count ?? 1
    }
    return units
  }

  /// One mapping per layer.
  func layers() throws(SpecificationError) -> [JSON] {
    var writer = self
    var found: [JSON] = []
    var previous = Graph.Value.image
    for unit in Self.units(of: graph) {
      found += try writer.layers(of: unit, previous: previous)
      previous = unit.value
    }
    return found
  }

  /// An operation with the batch norm and activation after it, if they are in one layer and nothing
  /// else reads its values.
  private struct Unit {
    let node: Graph.Node
    let norm: Graph.Node?
    let activation: ActivationFunction?
    let value: Graph.Value
    let count: Int

    init(_ graph: Graph, at index: Int) {
      node = graph.nodes[index]
      var (norm, activation): (Graph.Node?, ActivationFunction?)
      var last = index
      func next<T: Operation>(as type: T.Type) -> (node: Graph.Node, operation: T)? {
        guard let reader = graph.onlyReader(of: graph.output(of: last)), reader == last + 1,
          graph.nodes[reader].layer == graph.nodes[index].layer,
          let operation = graph.operation(reader, as: type)
        else { return nil }
        return (graph.nodes[reader], operation)
      }
      let takesNorm = node.operation is Convolution
      if takesNorm, let found = next(as: BatchNormalization.self) {
        norm = found.node
        last += 1
      }
      let takesActivation =
        takesNorm || node.operation is Linear || node.operation is BatchNormalization || node.operation is Add
        || node.operation is Concatenate || node.operation is Multiply
      if takesActivation, let found = next(as: Activation.self) {
        activation = found.operation.function
        last += 1
      }
      self.norm = norm
      self.activation = activation
      value = graph.output(of: last)
      count = last - index + 1
    }
  }

  /// The layer, preceded by layers that declare the channels of its operands in a sum where the
  /// operands do not.
  private mutating func layers(
    of unit: Unit, previous: Graph.Value
  ) throws(SpecificationError) -> [JSON] {
    let name = freeName(unit.node.layer)
    names[unit.value] = name
    var entries: [(String, JSON)] = [("name", .string(name))]
    let inputs = unit.node.inputs
    let isJoining =
      unit.node.operation is Add || unit.node.operation is Concatenate
      || unit.node.operation is Multiply
    let (placements, operands) = placements(unit)
    entries += try kind(unit, operands.map(JSON.string))
    if let function = unit.activation {
      entries += Self.activation(function)
    } else if unit.node.operation is Convolution {
      entries.append(("activation", .string("none")))
    }
    if !isJoining, inputs[0] != previous { entries.append(("from", .string(names[inputs[0]] ?? ""))) }
    if unit.node.pruning == .kept { entries.append(("keep", .boolean(true))) }
    if let tensors = tensors(unit, name) { entries.append(("tensors", .object(tensors))) }
    return placements + [.object(entries)]
  }

  /// The names of a layer's inputs, and additional layers that only declare their channels in a
  /// sum.
  private mutating func placements(_ unit: Unit) -> (layers: [JSON], operands: [String]) {
    var layers: [JSON] = []
    let sum = unit.node.operation as? Add
    let operands = unit.node.inputs.enumerated().map { index, input in
      let own = names[input] ?? ""
      guard let sum, sum.channels[index] != outputs[input] else { return own }
      let name = freeName(own + ".placed")
      var entries: [(String, JSON)] = [
        ("name", .string(name)), ("dropout", .number(0)), ("from", .string(own)),
      ]
      if let channels = sum.channels[index] {
        entries.append(("outputs", .list(channels.map(JSON.integer))))
      }
      layers.append(.object(entries))
      return name
    }
    return (layers, operands)
  }

  private mutating func freeName(_ layer: String) -> String { taken.insertUnique(layer, separator: ".") }

  private func kind(
    _ unit: Unit, _ operands: [JSON]
  ) throws(SpecificationError) -> [(String, JSON)] {
    switch unit.node.operation {
    case let convolution as Convolution: self.convolution(convolution, unit)
    case let linear as Linear:
      [("linear", .integer(linear.outputs))] + (linear.hasBias ? [] : [("bias", .boolean(false))])
    case is BatchNormalization: [("norm", .string("batch"))]
    case let activation as Activation: Self.activation(activation.function)
    case let pooling as MaxPooling:
      [
        ("max_pool", .integer(pooling.window)), ("stride", .integer(pooling.stride)),
        ("padding", .integer(pooling.padding)),
      ]
    case let pooling as AveragePooling:
      [
        ("average_pool", .integer(pooling.window)), ("stride", .integer(pooling.stride)),
        ("padding", .integer(pooling.padding)),
      ]
    case is GlobalAveragePooling: [("global_average_pool", .boolean(true))]
    case is Flatten: [("flatten", .boolean(true))]
    case let dropout as Dropout: [("dropout", .number(Double(dropout.probability)))]
    case is Add: [("add", .list(operands))]
    case is Concatenate: [("concat", .list(operands))]
    case is Multiply: [("multiply", .list(operands))]
    default:
      throw SpecificationError(diagnostics: [
        Diagnostic(
          place: Place(file: Self.file),
          message: "no kind of layer stands for \(type(of: unit.node.operation)) in `\(unit.node.layer)`")
      ])
    }
  }

  private func convolution(_ convolution: Convolution, _ unit: Unit) -> [(String, JSON)] {
    let inputs = graph.shapes[unit.node.inputs[0].index].channels
    let isDepthwise = convolution.groups == inputs && convolution.outputs == inputs && inputs > 1
    var entries: [(String, JSON)] =
      isDepthwise
      ? [("depthwise", .integer(convolution.kernel))]
      : [("conv", .integer(convolution.outputs)), ("kernel", .integer(convolution.kernel))]
    if convolution.stride != 1 { entries.append(("stride", .integer(convolution.stride))) }
    if convolution.padding != convolution.kernel / 2 {
      entries.append(("padding", .integer(convolution.padding)))
    }
    if !isDepthwise, convolution.groups != 1 { entries.append(("groups", .integer(convolution.groups))) }
    if unit.norm == nil { entries.append(("norm", .string("none"))) }
    if convolution.hasBias != (unit.norm == nil) { entries.append(("bias", .boolean(convolution.hasBias))) }
    if let channels = outputs[unit.value] { entries.append(("outputs", .list(channels.map(JSON.integer)))) }
    return entries
  }

  private static func activation(_ function: ActivationFunction) -> [(String, JSON)] {
    var entries: [(String, JSON)] = [("activation", .string(function.name))]
    if case .leakyReLU(let slope) = function { entries.append(("slope", .number(Double(slope)))) }
    return entries
  }

  /// The names of the tensors, if they differ from the default.
  private func tensors(_ unit: Unit, _ name: String) -> [(String, JSON)]? {
    switch unit.node.operation {
    case is Convolution:
      let (weights, norm) = unit.norm == nil ? (name, nil) : (name + ".0", name + ".1" as String?)
      guard unit.node.tensors != weights || unit.norm?.tensors != norm else { return nil }
      return [("weights", .string(unit.node.tensors))]
        + (unit.norm.map { [("norm", .string($0.tensors))] } ?? [])
    case is Linear: return unit.node.tensors == name ? nil : [("weights", .string(unit.node.tensors))]
    case is BatchNormalization:
      return unit.node.tensors == name ? nil : [("norm", .string(unit.node.tensors))]
    default: return nil
    }
  }
}

extension Graph {
  /// By input of sums: the channels of the sum that it adds to, if it has fewer channels and all
  /// sums agree.
  fileprivate var branchChannels: [Value: [Int]] {
    var found: [Value: Set<[Int]?>] = [:]
    for node in nodes {
      guard let sum = node.operation as? Add else { continue }
      for (input, channels) in zip(node.inputs, sum.channels) {
        found[input, default: []].insert(channels)
      }
    }
    return found.compactMapValues { $0.count == 1 ? $0.first ?? nil : nil }
  }
}
