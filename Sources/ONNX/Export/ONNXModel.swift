import Compute
import Network

/// A network as an ONNX file.
///
/// ```swift
/// let model = try ONNXModel(network, ONNXOptions(opset: 17), metadata: ["experiment": "digits"])
/// try Data(model.bytes).write(to: file)
/// print(model.macs, "MACs with the channels that were filled in;", network.cost().macs, "of the network")
/// ```
///
/// The input is `images` `[batch, channels, rows, columns]`, normalized; the output `logits`
/// `[batch, classes]`. Batch norm uses running statistics, and there is no dropout. Initializers
/// have the tensors' names and are not inputs. Convolutions may have additional zero channels: as
/// padding to a multiple, and where a residual branch has lost channels that its sum keeps, see
/// ``ONNXOptions``. With ranges of its values, the file is quantized to 8-bit integers, see
/// ``Quantization``.
public struct ONNXModel {
  /// The name of this program in its files.
  static let producer = "espalier"

  public let bytes: [UInt8]
  /// Multiply-accumulates of the file's convolutions and linear layers for one image.
  public let macs: Int

  /// - Parameters:
  ///   - ranges: of the network's values, from ``Network/ranges(of:)``, for quantization to 8-bit
  ///     integers; nil for floats
  ///   - metadata: text by key
  /// - Throws: ``ONNXError`` if the graph has an operation without an ONNX operator, or if a range
  ///   is not finite.
  public init(
    _ network: Network, _ options: ONNXOptions, ranges: [ClosedRange<Float>]? = nil,
    metadata: [String: String] = [:]
  ) throws(ONNXError) {
    var options = options
    // Runtimes do not compute separate batch norm in integers.
    options.foldsBatchNorm = options.foldsBatchNorm || ranges != nil
    var writer = GraphWriter(network.graph, network.tensors, options, ranges: ranges ?? [])
    var graph = try writer.write()
    if ranges != nil { graph = try Quantization(of: graph, ranges: writer.ranges).graph() }
    let model = Onnx_ModelProto.with {
      $0.irVersion = Int64(options.irVersion)
      $0.producerName = Self.producer
      $0.producerVersion = metadata["espalier.version"] ?? ""
      $0.graph = graph
      $0.opsetImport = [.with { $0.version = Int64(options.opset) }]
      $0.metadataProps = metadata.sorted { $0.key < $1.key }.map { entry in
        .with {
          $0.key = entry.key
          $0.value = entry.value
        }
      }
    }
    do {
      bytes = try model.serializedBytes()
    } catch {
      throw ONNXError(problem: "the file cannot be written: \(error)")
    }
    macs = writer.macs
  }
}
