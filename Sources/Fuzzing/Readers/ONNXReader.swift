import Architectures
import Compute
import Network
import ONNX
import Specification

/// Reads ONNX files. An accepted file becomes a network, loads its weights and computes logits.
struct ONNXReader: FuzzedReader {
  static let name = "onnx"

  private let engine = try? Engine(threads: 1)

  private static let layers = [
    """
    layers:
      - {name: a, conv: 2, activation: relu6}
      - {name: b, depthwise: 3, activation: silu}
      - {name: c, add: [a, b]}
      - {name: d, concat: [c, a]}
      - {name: e, average_pool: 2}
      - {name: f, linear: classes}
    """,
    """
    layers:
      - {name: a, conv: 4, kernel: 1, activation: hard_swish}
      - {name: b, conv: 4, groups: 2, norm: none, activation: leaky_relu}
      - {name: gate, global_average_pool: true}
      - {name: fc, conv: 4, kernel: 1, norm: none, activation: sigmoid}
      - {name: c, multiply: [b, fc]}
      - {name: d, max_pool: 2}
      - global_average_pool: true
      - {name: f, linear: classes}
    """,
  ]

  private static let input = FeatureShape(channels: 1, rows: 4, columns: 4)

  func corpus() -> [[UInt8]] {
    Self.layers.flatMap { text in
      [false, true].compactMap { isFolded -> [UInt8]? in
        guard let engine,
          let declaration = try? ArchitectureDeclaration(
            Array(text.utf8), file: "seed", kinds: ArchitectureRegistry.layerKinds),
          let graph = try? ArchitectureRegistry.graph(
            ArchitectureSpec(
              name: "layers", depth: 0, block: .plain, input: [1, 4, 4], classes: 3,
              declaration: declaration))
        else { return nil }
        let options = ONNXOptions(foldsBatchNorm: isFolded, padChannels: 1)
        return try? ONNXModel(Network(graph, seed: 0, engine: engine), options).bytes
      }
    }
  }

  func read(_ bytes: [UInt8]) {
    guard let read = try? ONNXNetwork(bytes: bytes, file: "fuzzed", input: Self.input), let engine else {
      return
    }
    // Larger networks are only slow.
    guard read.graph.shapes.allSatisfy({ $0.channels * $0.pixels <= 1 << 12 }) else { return }
    let network = Network(read.graph, seed: 0, engine: engine)
    guard (try? network.load(model: .init(tensors: read.tensors), from: "fuzzed")) != nil else { return }
    _ = network.evaluate(Planes(network.graph.input.planes(images: 1), dense: .init(repeating: 1, count: 16)))
  }
}
