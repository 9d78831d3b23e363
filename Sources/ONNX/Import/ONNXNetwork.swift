import Compute
import Files
import Network
import SwiftProtobuf
import TensorFiles

import struct Foundation.URL

/// A network that was read from an ONNX file: its structure and its weights.
///
/// ```swift
/// let read = try ONNXNetwork(contentsOf: "resnet18.onnx", input: FeatureShape(channels: 3, rows: 224, columns: 224))
/// let network = Network(read.graph, seed: 0, engine: engine)
/// try network.load(model: TensorFile(tensors: read.tensors), from: "resnet18.onnx")
/// ```
///
/// Operators are those of convolutional classifiers, see ``GraphReader/operators``. A layer is
/// named as its weights are: the tensor `layer1.0.conv1.weight` makes the layer `layer1.0.conv1`;
/// where the writer has not kept such names, as its node is. What comes in may be damaged or
/// hostile: everything is an error that names the node, nothing traps, and sizes are bounded.
public struct ONNXNetwork: Sendable {
  public let graph: Graph
  /// Files in the model's folder that have values of it, by name.
  public let externalFiles: [String]
  /// By name, as ``Network/Network/tensors`` has them.
  public let tensors: [String: Tensor]
  public let metadata: [String: String]

  /// - Parameters:
  ///   - input: an image's shape; the file's own size of images does not count
  ///   - newClasses: outputs of a new classifier in place of the last linear layer, whose tensors
  ///     are then left out
  /// - Throws: ``ONNXError``, which says what can be done.
  public init(contentsOf path: String, input: FeatureShape, newClasses: Int? = nil) throws(ONNXError) {
    let bytes: [UInt8]
    do throws(TensorFileError) {
      bytes = try DurableFile.read(path)
    } catch {
      throw ONNXError(file: path, problem: error.problem)
    }
    try self.init(bytes: bytes, file: path, input: input, newClasses: newClasses)
  }

  /// - Parameter file: the name that errors give, and in whose folder values in files of their own
  ///   are looked for
  public init(
    bytes: [UInt8], file: String, input: FeatureShape, newClasses: Int? = nil
  ) throws(ONNXError) {
    do throws(ONNXError) {
      let model: Onnx_ModelProto
      do { model = try Onnx_ModelProto(serializedBytes: bytes) } catch { throw Self.damaged(bytes) }
      guard model.hasGraph, !model.graph.node.isEmpty else { throw Self.damaged(bytes) }
      var reader = try GraphReader(model, folder: URL(filePath: file).deletingLastPathComponent().path, input)
      var read = try reader.read()
      if let newClasses { try read.replaceHead(classes: newClasses) }
      (graph, tensors) = (read.graph, read.tensors)
      externalFiles = reader.decoding.files.keys.sorted()
      metadata = Dictionary(model.metadataProps.map { ($0.key, $0.value) }) { first, _ in first }
    } catch {
      var named = error
      named.file = file
      throw named
    }
  }

  /// Says what the file is instead where its first bytes tell.
  private static func damaged(_ bytes: [UInt8]) -> ONNXError {
    if let kind = FileKind(bytes.prefix(FileKind.prefixLength), path: "") {
      return ONNXError(problem: kind.sentence)
    }
    return ONNXError(
      problem: "it is no ONNX model, or a damaged one", advice: "onnx.checker.check_model says more")
  }

  /// Whether a file begins as ONNX models do: with the version of the format, and not as a
  /// safetensors file whose header has that length.
  public static func begins(_ bytes: some Collection<UInt8>) -> Bool {
    let start = Array(bytes.prefix(9))
    return start.count == 9 && start[0] == 0x08 && (1...20).contains(start[1])
      && !TensorFile.begins(start)
  }
}

/// What a reader makes of a file.
struct ReadNetwork {
  var graph: Graph
  var tensors: [String: Tensor]

  /// Puts a linear layer of another number of outputs in place of the last one.
  mutating func replaceHead(classes: Int) throws(ONNXError) {
    guard let head = graph.nodes.lastIndex(where: { $0.operation is Linear || $0.operation is Convolution }),
      let linear = graph.nodes[head].operation as? Linear
    else {
      throw ONNXError(problem: "the last layer with weights is none that can be replaced: it is not linear")
    }
    var builder = GraphBuilder(input: graph.input)
    do {
      for (index, node) in graph.nodes.enumerated() {
        let operation: any Operation =
          index == head ? Linear(outputs: classes, hasBias: linear.hasBias) : node.operation
        _ = try builder.add(
          operation, node.inputs, layer: node.layer, tensors: node.tensors, pruning: node.pruning)
      }
      graph = try builder.graph()
    } catch {
      throw ONNXError(node: graph.nodes[head].layer, problem: "\(error)")
    }
    for name in ["weight", "bias"] { tensors[graph.nodes[head].tensors + "." + name] = nil }
  }
}
