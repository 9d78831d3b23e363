/// Paths of an experiment's results and state.
struct ResultFolders: Sendable {
  let results: String
  let experiment: String

  var root: String { "\(results)/\(experiment)" }

  var report: String { "\(root)/report.json" }
  var page: String { "\(root)/report.html" }

  /// The report's plots.
  var plots: String { "\(root)/plots" }

  /// Files of a trained model in its variant's folder.
  static let models = ["model.safetensors", "architecture.yaml", "model.onnx"]

  /// The files of a trained model that is exported in these formats.
  static func models(in formats: [String]) -> Set<String> {
    Set(models.filter { formats.contains($0.hasSuffix(".onnx") ? "onnx" : "safetensors") })
  }

  /// The lock of the current run, and the keys of the trainings that the experiment uses.
  var state: String { "\(root)/.state" }

  /// The folder of a training's TensorBoard events.
  func events(seed: UInt64, _ variant: Variant) -> String {
    "\(root)/tensorboard/seed-\(seed)-\(variant.rawValue)"
  }

  /// The folder of the trained model and its files.
  func variant(seed: UInt64, _ variant: Variant) -> String { "\(root)/seed-\(seed)/\(variant.rawValue)" }
}
