import Compute
import Foundation
import Network
import Testing

@testable import ONNX

@Suite("Networks as ONNX files of 8-bit integers")
struct QuantizationTests {
  private let engine: Engine

  init() throws {
    engine = try Engine(threads: 2)
  }

  /// The file as its parts by name.
  private struct File {
    let nodes: [Onnx_NodeProto]
    let tensors: [String: Onnx_TensorProto]

    func producer(of value: String) -> Onnx_NodeProto? { nodes.first { $0.output == [value] } }
    func readers(of value: String) -> [Onnx_NodeProto] { nodes.filter { $0.input.contains(value) } }

    /// The values of a tensor, whatever their type.
    func values(_ name: String) throws -> [Double] {
      let tensor = try #require(tensors[name], "\(name)")
      return try tensor.rawData.withUnsafeBytes { bytes in
        switch tensor.dataType {
        case 1: bytes.bindMemory(to: Float.self).map(Double.init)
        case 2: bytes.map(Double.init)
        case 3: bytes.bindMemory(to: Int8.self).map(Double.init)
        case 6: bytes.bindMemory(to: Int32.self).map(Double.init)
        default: throw ONNXError(problem: "type \(tensor.dataType)")
        }
      }
    }

    /// What a DequantizeLinear of constants gives, with a scale for each output.
    func dequantized(_ name: String) throws -> (values: [Double], scales: [Double]) {
      let node = try #require(producer(of: name))
      #expect(node.opType == "DequantizeLinear")
      let (integers, scales) = (try values(node.input[0]), try values(node.input[1]))
      let columns = integers.count / scales.count
      #expect(try values(node.input[2]) == [Double](repeating: 0, count: scales.count))
      return (integers.indices.map { integers[$0] * scales[$0 / columns] }, scales)
    }
  }

  private func file(
    _ network: Network, _ options: ONNXOptions = ONNXOptions(), isQuantized: Bool = true
  ) throws -> File {
    let ranges = isQuantized ? network.ranges(of: images(network, count: 4)) : nil
    let model = try Onnx_ModelProto(serializedBytes: try ONNXModel(network, options, ranges: ranges).bytes)
    return File(
      nodes: model.graph.node,
      tensors: Dictionary(uniqueKeysWithValues: model.graph.initializer.map { ($0.name, $0) }))
  }

  private static let families = ["resnet20", "vgg11", "mobilenet_v2", "densenet", "efficientnet_b0"]

  @Test("have the float file's weights to half a step, with a scale for each output", arguments: families)
  func weights(_ name: String) throws {
    let network = try network(name, pixels: 32, engine: engine)
    prune(network, streams: name.hasPrefix("resnet"))
    let quantized = try file(network)
    let floats = try file(network, ONNXOptions(foldsBatchNorm: true), isQuantized: false)
    var count = 0
    for node in quantized.nodes where ["Conv", "Gemm"].contains(node.opType) {
      count += 1
      let original = try #require(floats.nodes.first { $0.name == node.name })
      for (name, own) in zip(original.input, node.input).dropFirst() {
        let expected = try floats.values(name)
        let (found, scales) = try quantized.dequantized(own)
        #expect(found.count == expected.count)
        let columns = expected.count / scales.count
        let fits = expected.indices.allSatisfy {
          abs(expected[$0] - found[$0]) <= scales[$0 / columns] * 0.5001
        }
        #expect(fits, "\(name)")
      }
      // A bias has the scale of the products.
      if node.input.count > 2 {
        let input = try #require(quantized.producer(of: node.input[0]))
        let scale = try quantized.values(input.input[1])[0]
        let weights = try quantized.dequantized(node.input[1]).scales
        let biases = try quantized.dequantized(node.input[2]).scales
        #expect(zip(weights, biases).allSatisfy { abs($0 * scale - $1) <= 1e-6 * $1 })
      }
    }
    #expect(count == floats.nodes.count { ["Conv", "Gemm"].contains($0.opType) })
  }

  @Test(
    "read every convolution's input as integers, which have all that the images made it", arguments: families)
  func values(_ name: String) throws {
    let network = try network(name, pixels: 32, engine: engine)
    let file = try file(network)
    for node in file.nodes where ["Conv", "Gemm"].contains(node.opType) {
      #expect(file.producer(of: node.input[0])?.opType == "DequantizeLinear", "\(node.name)")
    }
    #expect(file.producer(of: "logits").map { $0.opType != "DequantizeLinear" } == true)
    let batch = images(network, count: 4)
    let (low, high) = (batch.dense().min() ?? 0, batch.dense().max() ?? 0)
    let (scale, zero) = (try file.values("images/scale")[0], try file.values("images/zero_point")[0])
    #expect(abs((0 - zero) * scale - Double(low)) <= scale)
    #expect(abs((255 - zero) * scale - Double(high)) <= scale)
  }

  @Test("leave a ReLU's input as it is, and give its output a zero point of 0")
  func clamping() throws {
    let file = try file(network("mobilenet_v2", pixels: 32, engine: engine))
    let clamps = file.nodes.filter { $0.opType == "Clip" }
    #expect(!clamps.isEmpty)
    for node in clamps {
      #expect(file.producer(of: node.input[0])?.opType == "Conv")
      #expect(file.readers(of: node.output[0]).map(\.opType) == ["QuantizeLinear"])
      #expect(try file.values(node.output[0] + "/zero_point") == [0])
    }
  }

  @Test("choose with max pooling among the integers that they are")
  func pooling() throws {
    let file = try file(network("vgg11", pixels: 32, engine: engine))
    let pools = file.nodes.filter { $0.opType == "MaxPool" }
    #expect(!pools.isEmpty)
    for node in pools {
      let input = try #require(file.producer(of: node.input[0]))
      #expect(try file.values(input.input[1]) == file.values(node.output[0] + "/scale"))
      #expect(try file.values(input.input[2]) == file.values(node.output[0] + "/zero_point"))
    }
  }

  @Test("can write channels that are always zero, biases beyond any weight, and empty ranges")
  func extremes() throws {
    let layers = """
      layers:
        - {name: a, conv: 4, norm: none, activation: none}
        - {name: b, conv: 4, norm: none}
        - global_average_pool: true
        - {name: fc, linear: classes}
      """
    let network = try declared(layers, engine: engine)
    var tensors = network.tensorFile()
    for index in 0..<108 { tensors.tensors["a.weight"]?.values[index] = 0 }
    tensors.tensors["a.bias"]?.values = [0, 1e6, -3, 1e-30]
    for index in 0..<144 { tensors.tensors["b.weight"]?.values[index] = 1e-38 }
    try network.load(tensors, from: "memory")
    let file = try file(network)
    for name in ["a.bias", "b.bias"] {
      let expected = try #require(tensors.tensors[name]?.values)
      let found = try file.dequantized("\(name)/DequantizeLinear").values
      #expect(zip(expected, found).allSatisfy { abs(Double($0) - $1) <= 1e-6 * abs(Double($0)) + 1e-18 })
    }
    #expect(Quantization.Scale(0...0).zero == 0)
    #expect(Quantization.Scale(3...4).zero == 0)
    #expect(Quantization.Scale(-4...(-3)).zero == 255)
  }

  @Test("are not written of a network whose values are not finite")
  func infinite() throws {
    let network = try network("resnet20", engine: engine)
    var ranges = network.ranges(of: images(network))
    ranges[3] = 0...(.infinity)
    #expect(throws: ONNXError.self) { try ONNXModel(network, ONNXOptions(), ranges: ranges) }
  }

  @Test("are made from the ranges of all values, which pass over what is no number")
  func ranges() throws {
    let network = try network("resnet20", engine: engine)
    let batch = images(network)
    let ranges = network.ranges(of: batch)
    let logits = network.evaluate(batch).values
    let last = try #require(ranges.last)
    let (low, high) = (try #require(logits.min()), try #require(logits.max()))
    #expect(abs(last.lowerBound - low) < 1e-4 && abs(last.upperBound - high) < 1e-4)
    for (node, range) in zip(network.graph.nodes, ranges.dropFirst()) where node.operation is Activation {
      #expect(range.lowerBound == 0)
    }
    let shape = PlaneShape(channels: 1, images: 1, rows: 1, columns: 3)
    #expect(engine.range(of: Planes(shape, dense: [.nan, 2, -1])) == -1...2)
    #expect(engine.range(of: Planes(shape, dense: [.nan, .nan, .nan])) == 0...0)
  }
}
