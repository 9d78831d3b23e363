import Datasets
import Foundation
import Network
import ONNX
import Specification
import TensorFiles

/// Metadata of a model's file, by key.
enum ModelMetadata {
  /// Names of the classes, a JSON list.
  static let classNames = "espalier.classes"
  private static let mean = "espalier.mean"
  private static let std = "espalier.std"
  /// Number of training images that calibrated a quantized model.
  static let calibrationImages = "espalier.calibration_images"

  /// Metadata of the result of a training.
  ///
  /// - Parameters:
  ///   - network: the trained network
  ///   - classNames: of the data set
  ///   - top1: accuracy on the test images, percent; nil if it was not measured
  static func of(
    _ stage: TrainingStage, _ spec: ExperimentSpec, _ network: Network, classNames: [String], top1: Double?
  ) -> [String: String] {
    var metadata = of(spec)
    metadata["seed"] = "\(stage.seed)"
    metadata["espalier.variant"] = stage.variant.rawValue
    metadata["espalier.stage"] = stage.key.digest
    metadata["espalier.channels"] = originalChannels(network)
    metadata[Self.classNames] = list(classNames.map { JSON.string($0).text() })
    if let top1 { metadata["espalier.top1"] = "\(top1)" }
    return metadata
  }

  /// Names of the classes in the metadata of a model's file; nil if it has none.
  static func classNames(in metadata: [String: String]) -> [String]? {
    values(of: classNames, in: metadata)
  }

  /// The same of a model's file, which need not fit an experiment.
  static func classNames(ofModel path: String) -> [String]? { classNames(in: read(path)) }

  /// How a model's training differs from an experiment in classes and normalization, a sentence for
  /// each difference: what the model gives for the experiment's images is then wrong.
  ///
  /// - Parameters:
  ///   - path: the model's file; without metadata of its training, no difference is known
  ///   - data: of the experiment; nil if its classes do not matter
  static func differences(
    ofModel path: String, from spec: ExperimentSpec, _ data: Dataset? = nil
  ) -> [String] {
    let metadata = read(path)
    var found: [String] = []
    if let data, let trained = classNames(in: metadata),
      let (label, name) = data.classNames.enumerated().first(where: { label, name in
        name != trained.dropFirst(label).first
      })
    {
      let earlier = trained.dropFirst(label).first.map { "was \(quoted($0))" } ?? "did not exist"
      found.append("class \(label) \(earlier) in training, and is \(quoted(name)) in the data set")
    }
    let normalize = spec.dataset.normalize
    for (key, name, value) in [(mean, "mean", normalize.mean), (std, "std", normalize.std)] {
      guard let trained: [Double] = values(of: key, in: metadata), trained != value else { continue }
      let (earlier, now) = (quoted(list(trained), limit: 120), quoted(list(value), limit: 120))
      found.append("`dataset.normalize.\(name)` was \(earlier) in training, and is \(now)")
    }
    return found.map { "\(path): \($0)" }
  }

  /// The metadata of a model's file, which need not fit an experiment; empty if it cannot be read.
  static func read(_ path: String) -> [String: String] {
    let start = (try? DurableFile.read(path, first: 9)) ?? []
    let metadata =
      ONNXNetwork.begins(start)
      ? (try? DurableFile.read(path)).flatMap(ONNXNetwork.metadata(in:))
      : (try? TensorHeader(contentsOf: path))?.metadata
    return metadata ?? [:]
  }

  /// A JSON list in the metadata; nil if there is none.
  private static func values<Value: Decodable>(
    of key: String, in metadata: [String: String]
  ) -> [Value]? {
    metadata[key].flatMap { try? JSONDecoder().decode([Value].self, from: Data($0.utf8)) }
  }

  /// Metadata of any model of an experiment.
  static func of(_ spec: ExperimentSpec) -> [String: String] {
    of(spec.architecture).merging([
      "experiment": spec.name,
      "espalier.version": ProductVersion.current,
      "espalier.dataset": spec.dataset.name,
      mean: list(spec.dataset.normalize.mean),
      std: list(spec.dataset.normalize.std),
    ]) { first, _ in first }
  }

  private static func of(_ architecture: ArchitectureSpec) -> [String: String] {
    var metadata = ["architecture": architecture.name, "espalier.input": list(architecture.input)]
    if architecture.declaration == nil, architecture.onnx == nil {
      if architecture.depth > 0 { metadata["espalier.depth"] = "\(architecture.depth)" }
      metadata["espalier.block"] = architecture.block.rawValue
      if let growth = architecture.growth { metadata["espalier.growth"] = "\(growth)" }
      metadata["espalier.width"] = "\(architecture.width)"
    }
    return metadata
  }

  /// What a model's file says that it is, such as `resnet, depth 8, width 0.5, input [1, 8, 8]`;
  /// nil if it says nothing, or nothing else than the architecture. One of declared layers may be
  /// that of any file.
  static func otherArchitecture(
    in metadata: [String: String], than architecture: ArchitectureSpec
  ) -> String? {
    let own = of(architecture)
    guard let name = metadata["architecture"], own["espalier.width"] != nil else { return nil }
    let numbers = ["depth", "growth", "width", "input"]
    // The same network has several names: resnet20, or resnet and its depth.
    let isOther =
      (numbers + ["block"]).contains { metadata["espalier.\($0)"] != own["espalier.\($0)"] }
      || (architecture.depth == 0 && name != architecture.name)
    guard isOther else { return nil }
    let known = numbers.compactMap { number in metadata["espalier.\(number)"].map { "\(number) \($0)" } }
    return ([name] + known).joined(separator: ", ")
  }

  /// Original number of channels of each layer with weights, as a JSON object.
  private static func originalChannels(_ network: Network) -> String {
    let layers = network.structure.whole.layers.map { "\(JSON.string($0.name).text()): \($0.channels)" }
    return "{" + layers.joined(separator: ", ") + "}"
  }

  private static func list(_ values: [some CustomStringConvertible]) -> String {
    "[" + values.map(\.description).joined(separator: ", ") + "]"
  }
}
