/// Where an experiment's results and state lie.
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

  /// Those of a trained model that is exported in these formats.
  static func models(in formats: [String]) -> Set<String> {
    Set(models.filter { formats.contains($0.hasSuffix(".onnx") ? "onnx" : "safetensors") })
  }

  /// The lock of the run that works here, and the keys of the trainings that the experiment uses.
  var state: String { "\(root)/.state" }

  /// What TensorBoard shows of a training.
  func events(seed: UInt64, _ variant: Variant) -> String {
    "\(root)/tensorboard/seed-\(seed)-\(variant.rawValue)"
  }

  /// The trained model and what belongs to it.
  func variant(seed: UInt64, _ variant: Variant) -> String { "\(root)/seed-\(seed)/\(variant.rawValue)" }
}
