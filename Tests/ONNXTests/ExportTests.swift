import Compute
import Network
import Testing

@testable import ONNX

@Suite("Networks as ONNX files")
struct ExportTests {
  private let engine: Engine

  init() throws {
    engine = try Engine(threads: 2)
  }

  private func model(_ network: Network, _ options: ONNXOptions = ONNXOptions()) throws -> Onnx_ModelProto {
    try Onnx_ModelProto(serializedBytes: try ONNXModel(network, options, metadata: ["experiment": "t"]).bytes)
  }

  /// By name.
  private func initializers(_ model: Onnx_ModelProto) -> [String: Onnx_TensorProto] {
    Dictionary(uniqueKeysWithValues: model.graph.initializer.map { ($0.name, $0) })
  }

  private func operators(_ model: Onnx_ModelProto) -> [String: Int] {
    model.graph.node.reduce(into: [:]) { $0[$1.opType, default: 0] += 1 }
  }

  @Test("have images as the only input, any number of them, and logits as the output")
  func interface() throws {
    let model = try model(network("resnet20", engine: engine))
    #expect(model.irVersion == 8)
    #expect(model.opsetImport.map(\.version) == [17])
    #expect(model.graph.input.map(\.name) == ["images"])
    #expect(model.graph.output.map(\.name) == ["logits"])
    let sizes = model.graph.input[0].type.tensorType.shape.dim.map(\.value)
    #expect(sizes == [.dimParam("batch"), .dimValue(3), .dimValue(16), .dimValue(16)])
    #expect(
      model.graph.output[0].type.tensorType.shape.dim.map(\.value) == [.dimParam("batch"), .dimValue(5)])
    #expect(model.metadataProps.map(\.key) == ["experiment"])
  }

  @Test(
    "have the smallest version of the format that the operators allow",
    arguments: [(13, 7), (17, 8), (19, 9), (21, 10)])
  func versions(opset: Int, version: Int) throws {
    let model = try model(network("resnet20", engine: engine), ONNXOptions(opset: opset))
    #expect(model.irVersion == Int64(version))
    #expect(model.opsetImport[0].version == Int64(opset))
  }

  @Test("have the network's tensors under their names", arguments: ["resnet20", "mobilenet_v2", "densenet"])
  func tensors(_ name: String) throws {
    let network = try network(name, engine: engine)
    let model = try model(network, ONNXOptions(padChannels: 1))
    let found = initializers(model)
    var decoding = TensorDecoding(folder: ".")
    for (name, tensor) in network.tensors {
      let proto = try #require(found[name], "\(name)")
      #expect(try decoding.floats(proto) == tensor)
    }
    #expect(operators(model)["Dropout"] == nil)
    #expect(operators(model)["Reshape"] == nil)
  }

  @Test(
    "have no batch norm behind a convolution where it is folded",
    arguments: ["resnet20", "mobilenet_v2", "vgg11"])
  func folding(_ name: String) throws {
    let network = try network(name, pixels: 32, engine: engine)
    #expect((operators(try model(network))["BatchNormalization"] ?? 0) > 0)
    #expect(operators(try model(network, ONNXOptions(foldsBatchNorm: true)))["BatchNormalization"] == nil)
  }

  @Test("have widths that are filled up to a multiple, and say what that costs")
  func widths() throws {
    let network = try network("resnet20", width: 0.6, engine: engine)
    prune(network)
    for multiple in [1, 4, 8] {
      let written = try ONNXModel(network, ONNXOptions(padChannels: multiple))
      let model = try Onnx_ModelProto(serializedBytes: written.bytes)
      let widths = model.graph.initializer.filter { $0.dims.count == 4 }.map(\.dims[0])
      #expect(widths.allSatisfy { $0 % Int64(multiple) == 0 })
      #expect(written.macs >= network.cost().macs)
    }
  }

  @Test("give a branch that lost channels zero filters instead")
  func branches() throws {
    let network = try network("resnet20", width: 1, engine: engine)
    network.remove(channels: ["layer1.0.conv2": [0, 5]])
    let found = initializers(try model(network))
    let weight = try #require(found["layer1.0.conv2.weight"])
    #expect(weight.dims == [16, 16, 3, 3])
    var decoding = TensorDecoding(folder: ".")
    let values = try decoding.floats(weight).values
    let zeros = (0..<16).filter { filter in values[filter * 144..<(filter + 1) * 144].allSatisfy { $0 == 0 } }
    #expect(zeros == [0, 5])
    #expect(found["layer1.0.bn2.weight"]?.dims == [16])
  }

  @Test("put channels where they belong when a branch cannot make them there")
  func placement() throws {
    // What the sigmoid makes of zero filters is 0.5, which must not be added.
    let layers = """
      layers:
        - {name: stem, conv: 8}
        - {name: branch, conv: 8, activation: sigmoid}
        - {name: sum, add: [stem, branch]}
        - {name: one, conv: 6, from: sum}
        - {name: two, conv: 7, from: sum}
        - {name: joined, concat: [one, two]}
        - {name: whole, conv: 13, kernel: 1}
        - {name: second, add: [whole, joined]}
        - global_average_pool: true
        - {name: fc, linear: classes}
      """
    let network = try declared(layers, engine: engine)
    prune(network)
    let read = try imported(try ONNXModel(network, ONNXOptions()).bytes, like: network)
    let batch = images(network)
    #expect(difference(read.evaluate(batch), network.evaluate(batch)) < 1e-5)
  }

  @Test("make vectors maps and back where gates, sums and norms of linear layers need it")
  func vectors() throws {
    let layers = """
      layers:
        - {name: a, conv: 7, activation: sigmoid}
        - {name: pool, global_average_pool: true}
        - {name: s1, linear: 3, activation: silu}
        - {name: s2, linear: 7, activation: hard_sigmoid}
        - {name: gated, multiply: [a, s2]}
        - {name: b, conv: 7, from: gated, activation: sigmoid}
        - {name: sum, add: [gated, b]}
        - {name: mp, max_pool: 3, stride: 2, padding: 1}
        - {name: fl, flatten: true}
        - {name: h, linear: 9}
        - {name: n, norm: batch, activation: relu6}
        - dropout: 0.3
        - {name: o1, linear: classes}
        - {name: o2, linear: classes, from: n}
        - {name: out, add: [o1, o2]}
        - dropout: 0.1
      """
    let network = try declared(layers, engine: engine)
    prune(network)
    let batch = images(network)
    for options in [ONNXOptions(), ONNXOptions(foldsBatchNorm: true, padChannels: 1)] {
      let read = try imported(try ONNXModel(network, options).bytes, like: network)
      #expect(difference(read.evaluate(batch), network.evaluate(batch)) < 1e-4)
    }
  }

  @Test("have names of nodes that differ, also behind a layer that is called `logits`")
  func nodeNames() throws {
    let layers = "layers: [{conv: 4}, {name: logits, linear: classes, activation: relu}]"
    let names = try model(declared(layers, engine: engine)).graph.node.map(\.name)
    #expect(names.contains("logits/Flatten"))
    #expect(Set(names).count == names.count)
  }

  @Test("keep the order of a product of two maps when they are read again")
  func productOrder() throws {
    let layers = """
      layers:
        - {name: a, conv: 8, activation: sigmoid}
        - {name: b, conv: 8}
        - {name: product, multiply: [a, b]}
        - global_average_pool: true
        - {name: fc, linear: classes}
      """
    let network = try declared(layers, engine: engine)
    let read = try imported(try ONNXModel(network, ONNXOptions()).bytes, like: network)
    let product = try #require(read.graph.nodes.first { $0.operation is Multiply })
    let signal = read.graph.nodes[product.inputs[0].index - 1].operation as? Activation
    #expect(signal?.function == .sigmoid)
  }

  @Test("have pooling windows that are read again up to the largest")
  func largestWindow() throws {
    let layers = "layers: [{conv: 4}, {average_pool: 64}, {linear: classes}]"
    let network = try declared(layers, pixels: 64, engine: engine)
    let read = try imported(try ONNXModel(network, ONNXOptions()).bytes, like: network)
    #expect(read.graph.nodes.contains { ($0.operation as? AveragePooling)?.window == 64 })
  }

  @Test("come with test data in ONNX's layout")
  func testData() throws {
    let network = try network("resnet20", engine: engine)
    let data = try ONNXTestData(network, images: 3)
    let input = try Onnx_TensorProto(serializedBytes: data.input)
    #expect(input.dims == [3, 3, 16, 16])
    #expect(input.name == "images")
    #expect(try Onnx_TensorProto(serializedBytes: data.output).dims == [3, 5])
  }
}
