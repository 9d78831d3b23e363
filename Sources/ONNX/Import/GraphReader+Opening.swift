import Network

// The file's nodes, constants and input, before any node is read.

extension GraphReader {
  /// More nodes are a mistake.
  private static let mostNodes = 10_000

  /// Advice for models whose images have their channels last.
  static let channelsFirst =
    "export a model whose images have their channels first, [batch, channels, rows, columns]"

  init(_ model: Onnx_ModelProto, folder: String, _ input: FeatureShape) throws(ONNXError) {
    let file = model.graph
    decoding = TensorDecoding(folder: folder)
    builder = GraphBuilder(input: input)
    guard file.output.count == 1, let output = file.output.first else {
      throw ONNXError(
        problem: "it has \(file.output.count) outputs", advice: "export a model that returns the logits alone"
      )
    }
    (classes, isOwn) = (output.name, model.producerName == ONNXModel.producer)
    nodes = try Self.needed(file, output.name)
    var consumers: [String: [Int]] = [:]
    for (index, node) in nodes.enumerated() {
      for name in node.proto.input { consumers[name, default: []].append(index) }
    }
    self.consumers = consumers
    for tensor in file.initializer {
      guard known.updateValue(.tensor(tensor), forKey: tensor.name) == nil else {
        throw ONNXError(node: tensor.name, problem: "two initializers have this name")
      }
    }
    try readInput(of: file, input)
  }

  /// The nodes that the output depends on, in the file's order.
  private static func needed(
    _ file: Onnx_GraphProto, _ output: String
  ) throws(ONNXError) -> [NodeReader] {
    var wanted: Set<String> = [output]
    var found: [NodeReader] = []
    for (index, node) in file.node.enumerated().reversed() where node.output.contains(where: wanted.contains)
    {
      // An omitted input or output has an empty name.
      wanted.formUnion(node.input.filter { !$0.isEmpty })
      found.append(NodeReader(node, index: index))
    }
    guard found.count <= mostNodes else {
      throw ONNXError(problem: "it has more than \(mostNodes) nodes")
    }
    return found.reversed()
  }

  private mutating func readInput(
    of file: Onnx_GraphProto, _ shape: FeatureShape
  ) throws(ONNXError) {
    let inputs = file.input.filter { known[$0.name] == nil }
    guard inputs.count == 1, let input = inputs.first else {
      let names = Set(inputs.map(\.name))
      let lacksWeights = nodes.contains { node in
        ["Conv", "Gemm"].contains(node.type) && node.proto.input.dropFirst().contains(where: names.contains)
      }
      guard !lacksWeights else {
        throw ONNXError(
          problem: "its weights are missing: they are among its \(inputs.count) inputs",
          advice: "export with export_params=True")
      }
      throw ONNXError(
        problem: "it has \(inputs.count) inputs", advice: "export a model that takes a batch of images alone")
    }
    let sizes = input.type.tensorType.shape.dim.map { dim -> Int? in
      if case .dimValue(let size)? = dim.value { Int(size) } else { nil }
    }
    if sizes.count == 4, let channels = sizes[1], channels != shape.channels {
      guard sizes[3] != shape.channels else {
        throw ONNXError(problem: "its images have their channels last", advice: Self.channelsFirst)
      }
      throw ONNXError(
        problem: "its images have \(channels) channels, those of the experiment \(shape.channels)",
        advice: "`architecture.input` or the data set has to fit")
    }
    known[input.name] = .features(Features(value: .image))
  }
}
