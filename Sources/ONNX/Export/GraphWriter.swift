import Compute
import Foundation
import Network

/// Writes the nodes of a graph as ONNX nodes, from the image to the logits.
///
/// Each value has a layout, which maps its channels in the file to the network's channels.
/// Convolutions produce the layout that their readers request, other operations keep the layout of
/// their input, and if two layouts do not fit, a 1x1 convolution converts between them.
struct GraphWriter {
  /// A value in the file.
  struct Written {
    var name: String
    var layout: ChannelLayout
    /// Whether padding channels are zero, as they are until a sigmoid makes them 0.5.
    var isClean = true
    /// Whether it has two dimensions, `[batch, channels]`, instead of four.
    var isVector = false
  }

  let graph: Graph
  let tensors: [String: Tensor]
  let options: ONNXOptions
  let wishes: LayoutWishes
  private var values: [Graph.Value: Written]
  private var taken: Set<String>
  private var file = Onnx_GraphProto()
  var macs = 0
  /// Ranges of the file's values, by name, if known.
  var ranges: [String: ClosedRange<Float>] = [:]
  private let graphRanges: [ClosedRange<Float>]

  /// - Parameters:
  ///   - tensors: by name
  ///   - graphRanges: ranges of the graph's values, by index; empty if unknown
  init(
    _ graph: Graph, _ tensors: [String: Tensor], _ options: ONNXOptions,
    ranges graphRanges: [ClosedRange<Float>]
  ) {
    self.graph = graph
    self.tensors = tensors
    self.options = options
    wishes = LayoutWishes(graph)
    values = [.image: Written(name: "images", layout: ChannelLayout(graph.input.channels))]
    taken = ["images", "logits"]
    self.graphRanges = graphRanges
    ranges["images"] = graphRanges.first
  }

  mutating func write() throws(ONNXError) -> Onnx_GraphProto {
    file.name = "network"
    var index = 0
    while index < graph.nodes.count { index += try add(index) }
    finish()
    file.input = [
      Onnx_ValueInfoProto(
        name: "images", shape: [options.batch, graph.input.channels, graph.input.rows, graph.input.columns])
    ]
    file.output = [Onnx_ValueInfoProto(name: "logits", shape: [options.batch, graph.classes])]
    return file
  }

  // MARK: Operations

  /// Writes a node.
  ///
  /// - Returns: the number of nodes of the graph that were written, including folded batch norm.
  private mutating func add(_ index: Int) throws(ONNXError) -> Int {
    let node = graph.nodes[index]
    let isJoinedTail = node.inputs.count > 1 && wishes.tail.contains(index)
    let inputs = node.inputs.map { value in
      let input = written(value)
      // Another reader may have required four dimensions.
      return isJoinedTail && !input.isVector ? vector(input, 1, node.layer) : input
    }
    var (result, count) = (inputs[0], 1)
    switch node.operation {
    case let convolution as Convolution:
      (result, count) = convolved(convolution, index, inputs[0])
    case let linear as Linear:
      (result, count) = self.linear(linear, index, inputs[0])
    case is BatchNormalization: result = normalized(node, inputs[0])
    case let activation as Activation: result = activated(activation.function, node, inputs[0])
    case let sum as Add: result = added(sum, node, inputs)
    case is Multiply: result = multiplied(node, inputs)
    case is Concatenate: result = concatenated(node, inputs)
    case let pooling as MaxPooling:
      result.name = pooled("MaxPool", pooling.window, pooling.stride, pooling.padding, node, inputs[0])
    case let pooling as AveragePooling:
      result.name = pooled("AveragePool", pooling.window, pooling.stride, pooling.padding, node, inputs[0])
    case is GlobalAveragePooling: result.name = emit("GlobalAveragePool", [inputs[0].name], node.layer)
    case is Flatten: result = try flattened(index, inputs[0])
    // Dropout has no effect outside of training.
    case is Dropout: break
    default:
      throw ONNXError(
        node: node.layer, problem: "ONNX files have no operator for \(type(of: node.operation))")
    }
    let value = graph.output(of: index + count - 1)
    values[value] = result
    if graphRanges.indices.contains(value.index) { ranges[result.name] = graphRanges[value.index] }
    return count
  }

  private func written(_ value: Graph.Value) -> Written {
    guard let found = values[value] else {
      preconditionFailure("values are written before those that read them")
    }
    return found
  }

  func tensor(_ node: Graph.Node, _ name: String) -> Tensor? { tensors[node.tensors + "." + name] }

  func weight(_ node: Graph.Node) -> Tensor {
    guard let tensor = tensor(node, "weight") else {
      preconditionFailure("a network has all tensors of its graph: \(node.tensors).weight")
    }
    return tensor
  }

  // MARK: The file

  /// Makes the output a vector if the last node does not.
  private mutating func finish() {
    var last = written(graph.output)
    guard last.name != "logits" else { return }
    last = placed(last, ChannelLayout(graph.classes), "logits", pixels: 1)
    _ = emit("Flatten", [last.name], "logits", [.int("axis", 1)], output: "logits")
  }

  mutating func initializer(_ name: String, _ tensor: Tensor) -> String {
    let name = taken.insertUnique(name, separator: ".")
    file.initializer.append(Onnx_TensorProto(tensor, name: name))
    return name
  }

  /// Adds a node, `layer/Type`, whose output has the name of the node by default.
  mutating func emit(
    _ type: String, _ inputs: [String], _ layer: String, _ attributes: [Onnx_AttributeProto] = [],
    output: String? = nil
  ) -> String {
    let name = taken.insertUnique("\(layer)/\(type)", separator: ".")
    let output = output ?? name
    file.node.append(
      .with {
        $0.name = name
        $0.opType = type
        $0.input = inputs
        $0.output = [output]
        $0.attribute = attributes
      })
    return output
  }
}
