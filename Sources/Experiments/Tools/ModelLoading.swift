import Architectures
import Compute
import Foundation
import Network
import ONNX
import Specification
import TensorFiles

extension ExperimentSpec {
  /// The experiment's network for its first seed, with the weights of a file, or else with its
  /// start weights.
  func network(weights: String? = nil, engine: Engine) throws(ToolError) -> Network {
    if let weights, let network = try exported(weights, engine) { return network }
    guard let network = build(seed: seeds.first ?? 0, engine: engine) else {
      throw .file("\(architecture.name): no such architecture")
    }
    do throws(ModelFileError) {
      if let weights {
        try network.load(model: try modelFile(weights), from: weights)
      } else {
        try loadStart(network)
      }
    } catch {
      throw .file("\(error)")
    }
    return network
  }

  /// The network of an ONNX file, which also contains the layers and may be pruned; nil for other
  /// files.
  private func exported(_ path: String, _ engine: Engine) throws(ToolError) -> Network? {
    guard let start = try? DurableFile.read(path, first: 9), ONNXNetwork.begins(start) else { return nil }
    do {
      guard let model = try onnxModel(path, try DurableFile.read(path)) else { return nil }
      let network = Network(model.graph, seed: 0, engine: engine)
      network.prunesStreams = prune?.scope == .stream
      try network.load(
        model: TensorFile(tensors: model.tensors, metadata: model.metadata), from: path)
      return network
    } catch {
      throw .file("\(error)")
    }
  }

  /// The experiment's network without weights.
  func structure() throws(ToolError) -> PrunableGraph {
    do throws(ArchitectureError) {
      var structure = PrunableGraph(try ArchitectureRegistry.graph(architecture))
      structure.prunesStreams = prune?.scope == .stream
      return structure
    } catch {
      throw .file("\(error)")
    }
  }

  /// Loads the start weights of the experiment, if there are any, with a new classifier if it says
  /// so.
  func loadStart(_ network: Network) throws(ModelFileError) {
    guard let path = architecture.weights else { return }
    try network.load(model: try modelFile(path), from: path, newHead: architecture.hasNewHead)
  }

  /// A trained model's tensors and metadata, from a safetensors file or an ONNX file.
  func modelFile(_ path: String) throws(ModelFileError) -> TensorFile {
    let bytes: [UInt8]
    do { bytes = try DurableFile.read(path) } catch { throw .unreadable(error) }
    do throws(ONNXError) {
      if let model = try onnxModel(path, bytes) {
        return TensorFile(tensors: model.tensors, metadata: model.metadata)
      }
    } catch {
      throw .other("\(error)")
    }
    do { return try TensorFile(bytes: bytes, file: path) } catch { throw .unreadable(error) }
  }

  /// The network of an ONNX file; nil for other files.
  private func onnxModel(_ path: String, _ bytes: [UInt8]) throws(ONNXError) -> ONNXNetwork? {
    guard ONNXNetwork.begins(bytes) || path == architecture.onnx else { return nil }
    let size = architecture.input
    return try ONNXNetwork(
      bytes: bytes, file: path, input: FeatureShape(channels: size[0], rows: size[1], columns: size[2]))
  }

  /// The bytes of a model's file, and of its external tensor files.
  func files(ofModel path: String) throws(ModelFileError) -> [[UInt8]] {
    do {
      let bytes = try DurableFile.read(path)
      guard let model = try onnxModel(path, bytes) else { return [bytes] }
      let folder = URL(filePath: path).deletingLastPathComponent().path
      var files = [bytes]
      for name in model.externalFiles { files.append(try DurableFile.read("\(folder)/\(name)")) }
      return files
    } catch let error as TensorFileError {
      throw .unreadable(error)
    } catch {
      throw .other("\(error)")
    }
  }

  /// The experiment's network with the random weights of the seed; nil for an unknown architecture.
  func build(seed: UInt64, engine: Engine) -> Network? {
    let network = ArchitectureRegistry.build(architecture, seed: seed, engine: engine)
    network?.prunesStreams = prune?.scope == .stream
    return network
  }
}

extension ArchitectureSpec {
  /// Why the start weights do not fit, judging by their header. A missing file may be on another
  /// machine.
  var weightsProblem: String? {
    guard let path = weights, path != onnx, FileManager.default.fileExists(atPath: path) else { return nil }
    do {
      // An ONNX file has no such header; it is checked when its weights are read.
      if ONNXNetwork.begins(try DurableFile.read(path, first: 9)) { return nil }
      let header = try TensorHeader(contentsOf: path)
      guard let graph = try? ArchitectureRegistry.graph(self) else { return nil }
      try PrunableGraph(graph).check(header, from: path, newHead: hasNewHead)
      return nil
    } catch {
      return "\(error)"
    }
  }
}
