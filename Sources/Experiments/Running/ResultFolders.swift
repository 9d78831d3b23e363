import Specification

/// Paths of an experiment's results and state.
struct ResultFolders: Sendable {
  let results: String
  let experiment: String

  var root: String { "\(results)/\(experiment)" }

  var report: String { "\(root)/report.json" }
  var page: String { "\(root)/report.html" }

  /// The report's plots.
  var plots: String { "\(root)/plots" }

  /// Latency of the exported models in a runtime.
  var deployment: String { "\(root)/deployment.json" }

  /// Files of a trained model in its variant's folder, by the format that they belong to.
  private static let exported = [
    "safetensors": ["model.safetensors", "architecture.yaml"], "onnx": ["model.onnx", ONNXExport.testData],
  ]

  /// Files of a trained model in its variant's folder.
  static var models: [String] { exported.values.joined().sorted() }

  /// The files of a trained model that is exported like this.
  static func models(of export: ExportSpec) -> Set<String> {
    var names = Set(export.formats.flatMap { exported[$0] ?? [] })
    if export.onnx.testImages == 0 { names.remove(ONNXExport.testData) }
    return names
  }

  /// The lock of the current run, and the keys of the trainings that the experiment uses.
  var state: String { "\(root)/.state" }

  /// The folder of all TensorBoard events.
  var tensorBoard: String { "\(root)/tensorboard" }

  /// The folder of a training's TensorBoard events.
  func events(seed: UInt64, _ variant: Variant) -> String {
    "\(tensorBoard)/seed-\(seed)-\(variant.rawValue)"
  }

  /// The folder of a seed's models.
  func seed(_ seed: UInt64) -> String { "\(root)/seed-\(seed)" }

  /// The folder of the trained model and its files.
  func variant(seed: UInt64, _ variant: Variant) -> String { "\(self.seed(seed))/\(variant.rawValue)" }
}
