import Foundation
import Network
import Specification

/// What a model's file says of the model besides its tensors, by key.
enum ModelMetadata {
  /// Names of the classes, a JSON list.
  static let classNames = "espalier.classes"

  /// - Parameters:
  ///   - classNames: of the data set
  ///   - top1: accuracy on the test images, percent; nil where it was not measured
  static func of(
    _ spec: ExperimentSpec, _ variant: Variant, seed: UInt64, classNames: [String], top1: Double?
  ) -> [String: String] {
    var metadata = [
      "architecture": spec.architecture.name,
      "experiment": spec.name,
      "seed": "\(seed)",
      "espalier.variant": variant.rawValue,
      "espalier.version": ProductVersion.current,
      "espalier.dataset": spec.dataset.name,
      "espalier.input": list(spec.architecture.input),
      "espalier.mean": list(spec.dataset.normalize.mean),
      "espalier.std": list(spec.dataset.normalize.std),
      Self.classNames: list(
        classNames.map { name in
          JSON.string(name).text()
        }),
    ]
    if spec.architecture.declaration == nil {
      if spec.architecture.depth > 0 { metadata["espalier.depth"] = "\(spec.architecture.depth)" }
      metadata["espalier.block"] = spec.architecture.block.rawValue
      metadata["espalier.width"] = "\(spec.architecture.width)"
    }
    if let top1 { metadata["espalier.top1"] = "\(top1)" }
    return metadata
  }

  private static func list(_ values: [some CustomStringConvertible]) -> String {
    "[" + values.map(\.description).joined(separator: ", ") + "]"
  }
}
