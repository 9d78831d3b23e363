import Specification

/// The two networks that an experiment compares.
public enum Variant: String, Codable, CaseIterable, Sendable {
  /// Same recipe, no pruning.
  case baseline
  case pruned
}

/// What one training is: a variant with a seed, and a text that holds everything that can change its result.
struct StageKey: Equatable, Sendable {
  /// Raised when the program computes other numbers than before from the same experiment.
  static let codeVersion = 2

  let text: String

  /// - Parameters:
  ///   - kernels: the kernel class: bits differ between classes.
  ///   - dataDigest: of the data set as loaded.
  ///   - weightsDigest: of the file to start from.
  init(
    _ spec: ExperimentSpec, variant: Variant, seed: UInt64, kernels: String, dataDigest: String,
    weightsDigest: String?
  ) {
    var part = spec
    part.name = "stage"
    part.description = ""
    part.seeds = [seed]
    part.dataset.path = nil
    part.architecture.weights = nil
    if variant == .baseline { part.prune = nil }
    part.evaluate.latencyBatchSizes = []
    part.export.formats = []
    part.expectations = []
    text = """
      code: \(Self.codeVersion)
      kernels: \(kernels)
      data: \(dataDigest)
      weights: \(weightsDigest ?? "random")
      \(yaml(part))
      """
  }
}
