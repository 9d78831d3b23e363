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
/// named after its weights: the tensor `layer1.0.conv1.weight` belongs to the layer
/// `layer1.0.conv1`. If the exporter has not kept such names, it is named after its node. Files may
/// be damaged or hostile: every problem is an error that names the node, nothing traps, and sizes
/// are limited.
public struct ONNXNetwork: Sendable {
  public let graph: Graph
  /// Names of files in the model's folder that hold tensors of the model.
  public let externalFiles: [String]
  /// By name, as in ``Network/Network/tensors``.
  public let tensors: [String: Tensor]
  public let metadata: [String: String]

  /// - Parameters:
  ///   - input: the shape of an image, which overrides that of the file
  ///   - newClasses: outputs of a new classifier that replaces the last linear layer, whose tensors
  ///     are then omitted
  /// - Throws: ``ONNXError``, with advice.
  public init(contentsOf path: String, input: FeatureShape, newClasses: Int? = nil) throws(ONNXError) {
    let bytes: [UInt8]
    do throws(TensorFileError) {
      bytes = try DurableFile.read(path)
    } catch {
      throw ONNXError(
        file: path, problem: error.problem,
        advice: path.hasPrefix("/") ? nil : "the path is \(URL(fileURLWithPath: path).path)")
    }
    try self.init(bytes: bytes, file: path, input: input, newClasses: newClasses)
  }

  /// - Parameter file: the name for errors, whose folder is searched for external tensor files
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
      metadata = Self.metadata(of: model)
    } catch {
      var named = error
      named.file = file
      throw named
    }
  }

  /// The metadata of a file, whatever its layers are; nil if it is not an ONNX model.
  public static func metadata(in bytes: [UInt8]) -> [String: String]? {
    (try? Onnx_ModelProto(serializedBytes: bytes)).map { metadata(of: $0) }
  }

  private static func metadata(of model: Onnx_ModelProto) -> [String: String] {
    Dictionary(model.metadataProps.map { ($0.key, $0.value) }) { first, _ in first }
  }

  /// The error for a file that is not ONNX, with its type if that is known.
  private static func damaged(_ bytes: [UInt8]) -> ONNXError {
    if let kind = FileKind(bytes.prefix(FileKind.prefixLength), path: "") {
      return ONNXError(problem: kind.sentence)
    }
    return ONNXError(
      problem: "it is not an ONNX model, or it is damaged", advice: "onnx.checker.check_model gives details")
  }

  /// Whether a file begins like an ONNX model: with the version of the format, and not like a
  /// safetensors file with a header of this length.
  public static func begins(_ bytes: some Collection<UInt8>) -> Bool {
    let start = Array(bytes.prefix(9))
    return start.count == 9 && start[0] == 0x08 && (1...20).contains(start[1])
      && !TensorFile.begins(start)
  }
}

/// The network that a file contains.
struct ReadNetwork {
  var graph: Graph
  var tensors: [String: Tensor]

  /// Replaces the last linear layer by one with another number of outputs.
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
