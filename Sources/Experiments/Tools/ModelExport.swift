import Architectures
import Compute
import Foundation
import Network
import ONNX
import Specification
import TensorFiles

/// Export of a trained model.
public enum ModelExport {
  /// The experiment with the layers of the model as its architecture: it continues training the
  /// model, without pruning.
  ///
  /// - Parameters:
  ///   - model: the network, pruned or not
  ///   - weights: the model's file, from which the experiment starts
  ///   - file: the experiment's file
  static func experiment(
    _ spec: ExperimentSpec, of model: Network, weights: String, in file: String
  ) throws(ToolError) -> ExperimentSpec {
    var again = spec
    // The results of the original experiment contain the model. A name has at most 128 characters.
    again.name = again.name.prefix(122) + "-again"
    again.prune = nil
    again.expectations = []
    again.architecture.name = "layers"
    (again.architecture.onnx, again.architecture.unexpandedONNX) = (nil, nil)
    again.architecture.hasNewHead = false
    again.architecture.width = 1
    again.architecture.growth = nil
    again.architecture.depth = 0
    again.architecture.block = .plain
    (again.architecture.weights, again.architecture.unexpandedWeights) = written(weights, in: file)
    do throws(SpecificationError) {
      again.architecture.declaration = try ArchitectureDeclaration(model.graph)
    } catch {
      throw .file("the layers cannot be written: \(error)")
    }
    return again
  }

  /// A path for an experiment file that is shared: relative to the file's folder if it is inside
  /// it, so that the folder can be moved; or else relative to the working folder if it is inside
  /// that.
  ///
  /// - Returns: the path, and its text if that contains a variable
  private static func written(_ path: String, in file: String) -> (path: String, text: String?) {
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
    if let name = rest(of: path, beneath: folder) {
      return (path, "${\(experimentFolder)}/" + name.replacing("$", with: "$$"))
    }
    return (rest(of: path, beneath: FileManager.default.currentDirectoryPath) ?? path, nil)
  }

  /// A path relative to a folder; nil if it is not inside the folder.
  private static func rest(of path: String, beneath folder: String) -> String? {
    func parts(_ path: String) -> [String] { URL(fileURLWithPath: path).standardizedFileURL.pathComponents }
    let (own, outer) = (parts(path), parts(folder))
    guard own.starts(with: outer), own.count > outer.count else { return nil }
    return own.dropFirst(outer.count).joined(separator: "/")
  }

  /// Writes a model as an experiment file, as tensors, or as ONNX.
  ///
  /// - Returns: a line with the MACs of the file, nil if they are those of the network; and
  ///   warnings about the images that calibrated a quantized file.
  /// - Throws: ``ToolError`` if the model cannot be read, or the file cannot be written.
  public static func write(
    _ spec: ExperimentSpec, weights: String?, as format: Format, to output: String, engine: Engine
  ) throws(ToolError) -> (cost: String?, warnings: [String]) {
    let path = try spec.trainedModel(weights, for: "an export")
    let network = try spec.network(weights: path, engine: engine)
    do {
      switch format {
      case .yaml:
        let text = yaml(try experiment(spec, of: network, weights: path, in: output))
        try DurableFile.writeOutput(Array(text.utf8), to: output)
      case .safetensors:
        let file = network.tensorFile(metadata: try metadata(of: path, spec))
        try check(file, of: path, spec, engine)
        try DurableFile.writeOutput(file.serialized(), to: output)
      case .onnx: return try writeONNX(network, of: path, spec, to: output, engine)
      }
      return (nil, [])
    } catch let error as ToolError {
      throw error
    } catch let error as RunError {
      throw .failed(error)
    } catch let error as TensorFileError {
      throw .unwritten(error)
    } catch {
      throw .file("\(error)")
    }
  }

  private static func writeONNX(
    _ network: Network, of path: String, _ spec: ExperimentSpec, to output: String, _ engine: Engine
  ) throws -> (cost: String?, warnings: [String]) {
    let own = try metadata(of: path, spec)
    var calibration: ONNXExport.Calibration?
    var warnings: [String] = []
    if spec.export.onnx.calibrationImages != nil {
      let data = try spec.loadData(threads: engine.threads)
      calibration = try spec.calibration(of: network, on: data.train)
      warnings = data.warnings + ModelMetadata.differences(ofModel: path, from: spec) + data.takeWarnings()
    }
    let macs = try ONNXExport(
      network: network, spec: spec.export.onnx, metadata: own.isEmpty ? ModelMetadata.of(spec) : own,
      calibration: calibration
    ).write(to: output, by: DurableFile.writeOutput)
    return ("\(output): \(macs) MACs for an image, \(network.cost().macs) of the network", warnings)
  }

  /// An ONNX file may have fewer channels than the experiment's architecture, and does not say
  /// which.
  private static func check(
    _ file: TensorFile, of path: String, _ spec: ExperimentSpec, _ engine: Engine
  ) throws(ToolError) {
    let start = (try? DurableFile.read(path, first: 9)) ?? []
    guard spec.architecture.isONNX(path, start) else { return }
    var bare = spec
    bare.architecture.weights = nil
    let network = try bare.network(engine: engine)
    do throws(ModelFileError) { try network.load(model: file, from: path) } catch {
      throw .file(
        "\(path): its layers are not those of the experiment's architecture, as after pruning or padding, which "
          + "tensors alone cannot tell; export its `model.safetensors`, or use --format yaml")
    }
  }

  /// Metadata of a model's file, except its remaining channels.
  private static func metadata(of path: String, _ spec: ExperimentSpec) throws -> [String: String] {
    try spec.modelFile(path).metadata.filter { !$0.key.hasPrefix("espalier.kept.") }
  }

  public enum Format: String, Sendable, CaseIterable {
    case safetensors, yaml, onnx
  }
}
