import Compute
import Foundation
import Network
import TensorFiles
import TestSupport
import Testing

@testable import ONNX

@Suite("Networks from ONNX files")
struct ImportTests {
  private let engine: Engine

  init() throws {
    engine = try Engine(threads: 2)
  }

  private static let families = [
    "resnet20", "resnet50", "vgg11", "mobilenet_v2", "densenet", "efficientnet_b0",
  ]

  @Test(
    "compute what the exported ones did, pruned or not, folded or not, filled up or not",
    arguments: families, [false, true])
  func roundTrip(_ name: String, isPruned: Bool) throws {
    let network = try network(name, pixels: 32, engine: engine)
    if isPruned { prune(network, streams: name.hasPrefix("resnet")) }
    let batch = images(network)
    let expected = network.evaluate(batch)
    for options in [
      ONNXOptions(padChannels: 1), ONNXOptions(foldsBatchNorm: true),
      ONNXOptions(opset: 13, foldsBatchNorm: true, padChannels: 1, batch: 2),
    ] {
      let read = try imported(try ONNXModel(network, options).bytes, like: network)
      #expect(difference(read.evaluate(batch), expected) < 1e-4, "\(options)")
    }
  }

  @Test("keep tensors' names, and have groups and streams that can be pruned")
  func names() throws {
    let network = try network("resnet20", width: 1, engine: engine)
    let read = try imported(try ONNXModel(network, ONNXOptions(padChannels: 1)).bytes, like: network)
    #expect(Set(read.tensors.keys) == Set(network.tensors.keys))
    #expect(read.channelGroups.map(\.name) == network.channelGroups.map(\.name))
    #expect(read.streamGroups.map(\.originalCount) == network.streamGroups.map(\.originalCount))
    let batch = images(network)
    for other in [network, read] { other.remove(channels: ["layer1.1.conv1": [1, 2, 9]]) }
    #expect(difference(read.evaluate(batch), network.evaluate(batch)) < 1e-5)
  }

  // MARK: Errors

  @Test(
    "name the type of a tensor that is not of a floating-point type",
    arguments: [(7, "INT64"), (3, "INT8"), (99, "number 99")])
  func types(type: Int32, name: String) throws {
    let network = try network("resnet20", engine: engine)
    var model = try Onnx_ModelProto(
      serializedBytes: try ONNXModel(network, ONNXOptions(padChannels: 1)).bytes)
    let index = try #require(model.graph.initializer.firstIndex { $0.name == "fc.bias" })
    model.graph.initializer[index].dataType = type
    let bytes: [UInt8] = try model.serializedBytes()
    let error = #expect(throws: ONNXError.self) { try imported(bytes, like: network) }
    #expect(
      error?.description.contains(
        "(Gemm): the tensor `fc.bias` has the type \(name); supported: FLOAT, FLOAT16, BFLOAT16, DOUBLE;")
        == true)
  }

  @Test("keep a wrapper's prefix that all or some names have", arguments: [true, false])
  func wrapped(isWhole: Bool) throws {
    let network = try network("resnet20", engine: engine)
    var model = try Onnx_ModelProto(
      serializedBytes: try ONNXModel(network, ONNXOptions(padChannels: 1)).bytes)
    func name(_ tensor: String) -> String {
      isWhole || tensor.hasPrefix("layer") ? "module." + tensor : tensor
    }
    let own = Set(model.graph.initializer.map(\.name))
    for index in model.graph.initializer.indices {
      model.graph.initializer[index].name = name(model.graph.initializer[index].name)
    }
    for index in model.graph.node.indices {
      model.graph.node[index].input = model.graph.node[index].input.map { own.contains($0) ? name($0) : $0 }
    }
    let bytes: [UInt8] = try model.serializedBytes()
    let read = try ONNXNetwork(bytes: bytes, file: "model.onnx", input: network.graph.input)
    let again = Network(read.graph, seed: 9, engine: engine)
    try again.load(model: TensorFile(tensors: read.tensors), from: "model.onnx")
    let batch = images(network)
    #expect(difference(again.evaluate(batch), network.evaluate(batch)) < 1e-5)
  }

  @Test("put a new classifier where that of the file has other classes")
  func newHead() throws {
    let network = try network("resnet20", engine: engine)
    let bytes = try ONNXModel(network, ONNXOptions()).bytes
    let read = try ONNXNetwork(bytes: bytes, file: "m.onnx", input: network.graph.input, newClasses: 7)
    #expect(read.graph.classes == 7)
    #expect(read.tensors["fc.weight"] == nil)
    #expect(read.tensors["conv1.weight"] != nil)
  }

  @Test("read values of a file beside the model, of its folder alone")
  func externalValues() throws {
    let folder = try TemporaryFolder()
    let network = try network("resnet20", engine: engine)
    var model = try Onnx_ModelProto(
      serializedBytes: try ONNXModel(network, ONNXOptions(padChannels: 1)).bytes)
    var data = Data()
    for index in model.graph.initializer.indices {
      let (offset, length) = (data.count, model.graph.initializer[index].rawData.count)
      data += model.graph.initializer[index].rawData
      model.graph.initializer[index].rawData = Data()
      model.graph.initializer[index].dataLocation = 1
      model.graph.initializer[index].externalData = [
        ("location", "m.data"), ("offset", "\(offset)"), ("length", "\(length)"),
      ].map { entry in
        .with {
          $0.key = entry.0
          $0.value = entry.1
        }
      }
    }
    try folder.write(data, to: "m.data")
    let file = folder.path + "/m.onnx"
    let bytes: [UInt8] = try model.serializedBytes()
    let read = try imported(bytes, like: network, file: file)
    #expect(read.tensors == network.tensors)
    var negative = model
    negative.graph.initializer[0].externalData[1].value = "\(Int.min)"
    negative.graph.initializer[0].externalData.removeLast()
    let before: [UInt8] = try negative.serializedBytes()
    #expect(throws: ONNXError.self) { try imported(before, like: network, file: file) }
    model.graph.initializer[0].externalData[0].value = "../secret"
    let outside: [UInt8] = try model.serializedBytes()
    #expect(throws: ONNXError.self) { try imported(outside, like: network, file: file) }
    try folder.write(data.prefix(1000), to: "m.data")
    #expect(throws: ONNXError.self) { try imported(bytes, like: network, file: file) }
  }

  // MARK: Hostile files

  /// The fuzzer of `make fuzz` begins here.
  @Test("are refused or read, never trapped on, when bytes are changed", arguments: 0..<8)
  func changedBytes(seed: Int) throws {
    var stream = RandomStream(seed: UInt64(seed), purpose: .test)
    let network = try declared(
      """
      layers:
        - {name: a, conv: 2, groups: 1, activation: relu6}
        - {name: b, conv: 2, activation: silu}
        - {name: c, add: [a, b]}
        - {name: d, concat: [c, a]}
        - {name: e, average_pool: 2}
        - {name: f, linear: classes}
      """, engine: engine)
    let bytes = try ONNXModel(network, ONNXOptions(padChannels: 1)).bytes
    var accepted = 0
    for _ in 0..<400 {
      var changed = bytes
      for _ in 0..<1 + stream.below(4) {
        let index = stream.below(changed.count)
        switch stream.below(4) {
        case 0: changed.remove(at: index)
        case 1: changed.insert(UInt8(stream.below(256)), at: index)
        case 2: changed[index] = [0, 1, 0x7F, 0x80, 0xFF][stream.below(5)]
        default: changed[index] ^= 1 << UInt8(stream.below(8))
        }
      }
      guard let read = try? ONNXNetwork(bytes: changed, file: "m.onnx", input: network.graph.input) else {
        continue
      }
      accepted += 1
      _ = Network(read.graph, seed: 0, engine: engine)
    }
    #expect(accepted > 0)
  }
}

@Suite("Networks that PyTorch exported")
struct ForeignNetworkTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

  @Test(
    "compute PyTorch's logits, lose channels, and go out again",
    arguments: ["torchscript", "torchscript-kept", "dynamo"])
  func logits(_ name: String) throws {
    let engine = try Engine(threads: 2)
    let path = Self.folder.appending(path: name + ".onnx").path
    let expected = try TensorFile(contentsOf: Self.folder.appending(path: "expected.safetensors").path)
    let read = try ONNXNetwork(contentsOf: path, input: FeatureShape(channels: 3, rows: 16, columns: 16))
    let network = Network(read.graph, seed: 0, engine: engine)
    try network.load(model: TensorFile(tensors: read.tensors), from: path)
    let tensor = try #require(expected.tensors["images"])
    let images = Planes(network.graph.input.planes(images: 2), dense: channelMajor(tensor))
    let logits = try #require(expected.tensors["logits"])
    #expect(difference(network.evaluate(images), logits) < 1e-5)
    #expect(network.channelGroups.contains { $0.name == "hidden" && $0.kind == .hiddenUnits })
    prune(network, streams: true)
    let again = try imported(try ONNXModel(network, ONNXOptions()).bytes, like: network)
    #expect(difference(again.evaluate(images), network.evaluate(images)) < 1e-5)
  }

  @Test("have PyTorch's names of tensors where the export keeps batch norm")
  func names() throws {
    let read = try ONNXNetwork(
      contentsOf: Self.folder.appending(path: "torchscript-kept.onnx").path,
      input: FeatureShape(channels: 3, rows: 16, columns: 16))
    for name in [
      "stem.0.weight", "stem.1.running_var", "gate.fc2.bias", "depthwise.0.weight", "classifier.weight",
    ] {
      #expect(read.tensors[name] != nil, "\(name)")
    }
  }

  /// `[images, channels, ...]` as `[channels, images, ...]`.
  private func channelMajor(_ tensor: Tensor) -> [Float] {
    let (images, channels) = (tensor.shape[0], tensor.shape[1])
    let pixels = tensor.count / (images * channels)
    var values: [Float] = []
    for channel in 0..<channels {
      for image in 0..<images {
        let start = (image * channels + channel) * pixels
        values += tensor.values[start..<start + pixels]
      }
    }
    return values
  }
}
