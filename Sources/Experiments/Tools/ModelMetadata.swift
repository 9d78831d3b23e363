import Foundation
import Network
import Specification

/// Metadata of a model's file, by key.
enum ModelMetadata {
  /// Names of the classes, a JSON list.
  static let classNames = "espalier.classes"
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
    metadata[classNames].flatMap { try? JSONDecoder().decode([String].self, from: Data($0.utf8)) }
  }

  /// Metadata of any model of an experiment.
  static func of(_ spec: ExperimentSpec) -> [String: String] {
    var metadata = [
      "architecture": spec.architecture.name,
      "experiment": spec.name,
      "espalier.version": ProductVersion.current,
      "espalier.dataset": spec.dataset.name,
      "espalier.input": list(spec.architecture.input),
      "espalier.mean": list(spec.dataset.normalize.mean),
      "espalier.std": list(spec.dataset.normalize.std),
    ]
    if spec.architecture.declaration == nil, spec.architecture.onnx == nil {
      if spec.architecture.depth > 0 { metadata["espalier.depth"] = "\(spec.architecture.depth)" }
      metadata["espalier.block"] = spec.architecture.block.rawValue
      if let growth = spec.architecture.growth { metadata["espalier.growth"] = "\(growth)" }
      metadata["espalier.width"] = "\(spec.architecture.width)"
    }
    return metadata
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
