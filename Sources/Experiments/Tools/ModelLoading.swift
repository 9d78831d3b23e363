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
    do {
      let network = try build(seed: seeds.first ?? 0, engine: engine)
      if let weights {
        try architecture.load(try modelFile(weights), from: weights, into: network)
      } else {
        try loadStart(network)
      }
      return network
    } catch {
      throw .file("\(error)")
    }
  }

  /// The start weights if they are those of a trained model: not without any, nor with a new
  /// classifier, whose weights are random.
  var trainedStart: String? { architecture.hasNewHead ? nil : architecture.weights }

  /// The file of a trained model: the given one, or else the start weights.
  ///
  /// - Parameter purpose: what needs it, for the error
  /// - Throws: if there is none.
  func trainedModel(_ weights: String?, for purpose: String) throws(ToolError) -> String {
    guard let model = weights ?? trainedStart else {
      let reason = architecture.hasNewHead ? "`architecture.new_head` has random weights; " : ""
      throw .file("\(reason)\(purpose) needs a trained model: --weights MODEL.safetensors")
    }
    return model
  }

  /// The network of an ONNX file, which also contains the layers and may be pruned; nil for other
  /// files.
  private func exported(_ path: String, _ engine: Engine) throws(ToolError) -> Network? {
    guard let start = try? DurableFile.read(path, first: 9), architecture.isONNX(path, start) else {
      return nil
    }
    do {
      let model = try architecture.onnxModel(path, try DurableFile.read(path))
      let network = Network(model.graph, seed: 0, engine: engine)
      guard network.classes == architecture.classes else {
        throw ModelFileError.otherClasses(file: path, expected: architecture.classes, found: network.classes)
      }
      network.prunesStreams = prune?.scope == .stream
      try network.load(model: TensorFile(model), from: path)
      return network
    } catch {
      throw .file("\(error)")
    }
  }

  /// The experiment's network without weights, see ``ArchitectureSpec/structure()``.
  func structure() throws(ToolError) -> PrunableGraph {
    do throws(ArchitectureError) {
      var structure = try architecture.structure()
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
    try architecture.load(
      try modelFile(path), from: path, into: network, newHead: architecture.hasNewHead)
  }

  /// A trained model's tensors and metadata, from a safetensors file or an ONNX file.
  func modelFile(_ path: String) throws(ModelFileError) -> TensorFile {
    let bytes = try modelBytes(path)
    do throws(ONNXError) {
      if architecture.isONNX(path, bytes) { return TensorFile(try architecture.onnxModel(path, bytes)) }
    } catch {
      throw .other("\(error)")
    }
    do { return try TensorFile(bytes: bytes, file: path) } catch { throw .unreadable(error) }
  }

  private func modelBytes(_ path: String) throws(ModelFileError) -> [UInt8] {
    do { return try DurableFile.read(path) } catch {
      var unread = error
      unread.expected = "a safetensors or ONNX file"
      throw .unreadable(unread)
    }
  }

  /// The bytes of a model's file, and of its external tensor files.
  func files(ofModel path: String) throws(ModelFileError) -> [[UInt8]] {
    let bytes = try modelBytes(path)
    guard architecture.isONNX(path, bytes) else { return [bytes] }
    do {
      let model = try architecture.onnxModel(path, bytes)
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

  /// The experiment's network with the random weights of the seed.
  func build(seed: UInt64, engine: Engine) throws(ArchitectureError) -> Network {
    let network = try ArchitectureRegistry.build(architecture, seed: seed, engine: engine)
    network.prunesStreams = prune?.scope == .stream
    return network
  }
}

extension ArchitectureSpec {
  /// The network from which a training starts: without the channels that the start weights lack, or
  /// whole if they do not fit or cannot be read, which a training refuses.
  func structure() throws(ArchitectureError) -> PrunableGraph {
    let whole = PrunableGraph(try ArchitectureRegistry.graph(self))
    guard let weights, weights != onnx, let header = try? header(ofModel: weights) else { return whole }
    return (try? whole.starting(from: header, weights, newHead: hasNewHead)) ?? whole
  }

  /// Why the start weights do not fit, judging by the names and shapes of their tensors. A missing
  /// file may be on another machine.
  var weightsProblem: String? {
    guard let path = weights, path != onnx, FileManager.default.fileExists(atPath: path) else { return nil }
    do {
      let header = try header(ofModel: path)
      guard let graph = try? ArchitectureRegistry.graph(self) else { return nil }
      try naming(header.metadata, of: path) { () throws(ModelFileError) in
        try PrunableGraph(graph).check(header, from: path, newHead: hasNewHead)
      }
      return nil
    } catch {
      return "\(error)"
    }
  }

  /// Loads a model's file into a network of this architecture.
  func load(
    _ model: TensorFile, from path: String, into network: Network, newHead: Bool = false
  ) throws(ModelFileError) {
    try naming(model.metadata, of: path) { () throws(ModelFileError) in
      try network.load(model: model, from: path, newHead: newHead)
    }
  }

  /// Puts first, in errors about tensors that do not fit, what the file says that it is.
  private func naming(
    _ metadata: [String: String], of path: String, _ body: () throws(ModelFileError) -> Void
  ) throws(ModelFileError) {
    do throws(ModelFileError) { try body() } catch {
      var problem = error
      switch error {
      // What else it might be is known.
      case .lostChannels(let file, let tensor, let expected, let found):
        problem = .wrongShape(file: file, tensor: tensor, expected: expected, found: found)
      case .missing, .unexpected, .wrongShape, .badChannels: break
      case .unreadable, .other, .integers, .partlyWrapped, .otherClasses, .notFinite, .negativeVariance:
        throw error
      }
      guard let other = ModelMetadata.otherArchitecture(in: metadata, than: self) else { throw error }
      throw .other("\(path): its architecture is \(other)" + "\(problem)".dropFirst(path.count))
    }
  }

  /// Names, shapes and types of the tensors in a model's file.
  private func header(ofModel path: String) throws -> TensorHeader {
    guard isONNX(path, try DurableFile.read(path, first: 9)) else {
      return try TensorHeader(contentsOf: path)
    }
    // An ONNX file has no such header; the names and shapes follow from its nodes.
    return try ModelHeaders.ofONNX.value(for: ModelHeaders.Question(path: path, input: input)) {
      TensorHeader(TensorFile(try onnxModel(path, try DurableFile.read(path))))
    }
  }

  /// Whether a model's file is an ONNX file, or should be one by its name.
  ///
  /// - Parameter start: at least the first nine bytes, unless the file is shorter
  func isONNX(_ path: String, _ start: [UInt8]) -> Bool {
    ONNXNetwork.begins(start) || path == onnx
      || (path.lowercased().hasSuffix(".onnx") && !TensorFile.begins(start))
  }

  /// The network of an ONNX file.
  fileprivate func onnxModel(_ path: String, _ bytes: [UInt8]) throws(ONNXError) -> ONNXNetwork {
    try ONNXNetwork(
      bytes: bytes, file: path, input: FeatureShape(channels: input[0], rows: input[1], columns: input[2]))
  }
}

/// Cache of the headers of ONNX start weights, which most experiments of a matrix share, so that a
/// file is read once.
private enum ModelHeaders {
  struct Question: Equatable, Sendable {
    var path: String
    var input: [Int]
  }

  static let ofONNX = RecentValues<Question, TensorHeader>()
}

extension TensorFile {
  /// The tensors and metadata of an ONNX file.
  fileprivate init(_ model: ONNXNetwork) {
    self.init(tensors: model.tensors, metadata: model.metadata)
  }
}
