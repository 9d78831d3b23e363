import Compute
import Datasets
import Foundation
import Network
import Reports
import Specification
import TensorFiles

/// Classes and probabilities of pictures by a model.
public struct Prediction: Encodable {
  struct Row: Encodable {
    /// The path of the picture, or the index of the image.
    var image: String
    /// The most probable classes, in descending order.
    var classes: [Class]
  }

  struct Class: Encodable {
    var label: Int
    /// The class name in the model's file; nil if it has none.
    var name: String?
    var probability: Double
  }

  let rows: [Row]
  /// `[images, classes]`
  public let logits: Tensor
  /// Warnings about a model that was trained with another normalization of pictures.
  public let warnings: [String]

  private enum CodingKeys: String, CodingKey { case rows = "images" }

  /// The images to classify.
  public enum Images {
    /// A tensor file with `images` [N, C, H, W], normalized.
    case tensors(String)
    /// Picture files, which are resized and normalized as in the experiment.
    case pictures([String])
  }

  /// Batch size.
  private static let batch = 128

  /// - Parameters:
  ///   - weights: the model's file; nil for the experiment's start weights
  ///   - top: largest number of classes for each image
  /// - Throws: ``ToolError`` if a file cannot be used, or a logit is not finite.
  public init(
    _ spec: ExperimentSpec, weights: String?, images: Images, top: Int, engine: Engine
  ) throws(ToolError) {
    let model = try spec.trainedModel(weights, for: "a prediction")
    let network = try spec.network(weights: weights, engine: engine)
    let (names, planes) = try Self.load(images, spec, network)
    switch images {
    case .tensors: warnings = []
    case .pictures: warnings = ModelMetadata.differences(ofModel: model, from: spec)
    }
    var values: [Float] = []
    for start in stride(from: 0, to: planes.shape.images, by: Self.batch) {
      let part = planes.images(start..<min(planes.shape.images, start + Self.batch))
      values += network.evaluate(part).values
    }
    logits = Tensor(shape: [planes.shape.images, network.classes], values: values)
    guard values.allSatisfy(\.isFinite) else { throw .file("the model gives values that are not finite") }
    let classNames = Self.classNames(model, spec, network.classes)
    let classes = network.classes
    rows = names.enumerated().map { index, name in
      let own = Array(values[index * classes..<(index + 1) * classes])
      return Row(image: name, classes: Self.best(own, top, classNames))
    }
  }

  private static func load(
    _ images: Images, _ spec: ExperimentSpec, _ network: Network
  ) throws(ToolError) -> (names: [String], planes: Planes) {
    switch images {
    case .tensors(let path):
      let batch = try LabelledImages(contentsOf: path, for: network, needsLabels: false)
      return ((0..<batch.images.shape.images).map(String.init), batch.images)
    case .pictures(let paths):
      return (paths, try pictures(paths, spec, network))
    }
  }

  private static func pictures(
    _ paths: [String], _ spec: ExperimentSpec, _ network: Network
  ) throws(ToolError) -> Planes {
    let input = network.graph.input
    guard input.rows == input.columns else {
      throw .file(
        "the network's images of \(input.rows) x \(input.columns) pixels are not square; use --images")
    }
    let normalize = spec.dataset.normalize
    guard normalize.mean.count == input.channels, normalize.std.count == input.channels else {
      throw .file("dataset.normalize has no mean and deviation for each of \(input.channels) channels")
    }
    do throws(DatasetError) {
      var pixels: [UInt8] = []
      for path in paths {
        pixels += try SinglePicture.image(
          contentsOf: path, channels: input.channels, side: input.rows, spec.dataset.pictures)
      }
      let set = ImageSet(
        channels: input.channels, rows: input.rows, columns: input.columns, pixels: pixels,
        labels: [UInt8](repeating: 0, count: paths.count))
      let plan = BatchPlan(
        set: set, order: Array(paths.indices), batchSize: max(1, paths.count), augment: nil,
        normalize: normalize, seed: 0, epoch: 0)
      return try plan.batch(0).images
    } catch {
      throw .file("\(error)")
    }
  }

  private static func best(_ logits: [Float], _ top: Int, _ names: [String]?) -> [Class] {
    let largest = Double(logits.max() ?? 0)
    let weights = logits.map { exp(Double($0) - largest) }
    let sum = weights.reduce(0, +)
    let order = logits.indices.sorted { (logits[$1], $0) < (logits[$0], $1) }
    return order.prefix(top).map { Class(label: $0, name: names?[$0], probability: weights[$0] / sum) }
  }

  /// From the model's metadata.
  private static func classNames(_ path: String, _ spec: ExperimentSpec, _ count: Int) -> [String]? {
    guard let file = try? spec.modelFile(path),
      let names = ModelMetadata.classNames(in: file.metadata), names.count == count
    else { return nil }
    return names
  }

  // MARK: Writing

  public func json() -> String { jsonText(self, pretty: true) }

  /// image, rank, label, name, probability
  public func csv() -> String {
    let lines = rows.flatMap { row in
      row.classes.enumerated().map { rank, found in
        [row.image, "\(rank + 1)", "\(found.label)", found.name ?? "", "\(found.probability)"]
      }
    }
    return csvTable(["image", "rank", "label", "name", "probability"], lines)
  }

  /// One paragraph per image.
  public func text() -> String {
    rows.map { row in
      let lines = row.classes.map { found in
        String(format: "  %5.1f %%  ", 100 * found.probability) + (found.name ?? "class \(found.label)")
      }
      return ([quoted(row.image, limit: 1000).dropFirst().dropLast() + ""] + lines).joined(separator: "\n")
    }.joined(separator: "\n")
  }

  /// Writes `logits` [N, classes].
  public func writeLogits(to path: String) throws(ToolError) {
    do {
      try DurableFile.writeOutput(TensorFile(tensors: ["logits": logits]).serialized(), to: path)
    } catch {
      throw .unwritten(error)
    }
  }
}
