import Pruning
import Specification
import Training

/// The key of a stage's result: a hash of everything that can affect it.
///
/// A key contains the keys of earlier stages, so that a change affects exactly the stages that
/// depend on it. Data and trainings have keys; writing the models and reports of finished trainings
/// is fast and is done in every run.
struct StageKey: Hashable, Sendable {
  /// Must be incremented when the program computes other numbers from the same experiment.
  static let codeVersion = 17
  /// Must be incremented when another network is read from the same ONNX file.
  static let importVersion = 2
  /// Must be incremented when only activations in bfloat16 give other numbers.
  static let bfloat16Version = 3

  /// SHA-256 of `text`, 64 hexadecimal digits.
  let digest: String
  /// The hashed text, to find out why a stage was repeated.
  let text: String

  /// Short form of the digest for people.
  var short: String { String(digest.prefix(12)) }

  init(stage: String, _ text: String) {
    self.text = "stage: \(stage)\n\(text)"
    digest = sha256(Array(self.text.utf8))
  }

  /// - Parameter digest: of the loaded data set, including its limits.
  static func load(_ spec: DatasetSpec, digest: String) -> StageKey {
    StageKey(stage: "load", "data: \(spec.name)\ndigest: \(digest)\n")
  }

  /// The key of one training: a seed of a variant.
  ///
  /// - Parameters:
  ///   - kernels: ``KernelClass/fingerprint(in:)``: bits differ between classes.
  ///   - decoder: ``PictureDecoders/fingerprint``, which only pictures depend on.
  ///   - weights: digest of the file to start from; nil for random weights.
  static func train(
    _ spec: ExperimentSpec, variant: Variant, seed: UInt64, kernels: String, decoder: String, load: StageKey,
    weights: String?
  ) -> StageKey {
    var part = spec
    part.name = "stage"
    part.description = ""
    part.seeds = [seed]
    // The digest of the data replaces these.
    (part.dataset.path, part.dataset.unexpandedPath) = (nil, nil)
    part.dataset.trainLimit = nil
    part.dataset.testLimit = nil
    part.architecture.forgetPaths()
    // The setting does not change pictures that can be decoded.
    if part.dataset.pictures?.damaged == .fail {
      part.dataset.pictures?.maximumPixels = PictureSpec().maximumPixels
    }
    if variant == .baseline { part.prune = nil }
    // Then there is nothing to take samples of.
    if !CriterionRegistry.readsImages(part.prune) { part.prune?.samples = nil }
    part.evaluate.metrics = EvaluateSpec().metrics
    part.evaluate.latencyBatchSizes = []
    part.export = ExportSpec(formats: [])
    part.expectations = []
    return StageKey(
      stage: "train",
      """
      \(versionLines(spec.architecture))\(precisionLine(spec))kernels: \(kernels)
      \(decoderLine(spec.dataset, decoder))load: \(load.digest)
      weights: \(weights ?? "random")
      \(yaml(part))
      """)
  }

  /// The lines of a key with the version of the program's numbers, and with that of its ONNX import
  /// if the network is imported.
  static func versionLines(_ spec: ArchitectureSpec) -> String {
    "code: \(codeVersion)\n" + (spec.onnx == nil ? "" : "import: \(importVersion)\n")
  }

  /// The line of a key with the version of half precision; empty where nothing is stored in it.
  static func precisionLine(_ spec: ExperimentSpec) -> String {
    spec.leastPrecision == .float32 ? "" : "bfloat16: \(bfloat16Version)\n"
  }

  /// The line of a key with the decoder's fingerprint; empty for data without pictures.
  static func decoderLine(_ spec: DatasetSpec, _ decoder: String) -> String {
    spec.pictures == nil ? "" : "decoder: \(decoder)\n"
  }
}

extension ArchitectureSpec {
  /// Removes paths, for keys that contain digests of the files instead.
  mutating func forgetPaths() {
    (weights, unexpandedWeights) = (nil, nil)
    if onnx != nil { (onnx, unexpandedONNX) = ("network", nil) }
  }
}
