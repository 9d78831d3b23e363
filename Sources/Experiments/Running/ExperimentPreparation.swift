import Compute
import Datasets
import Foundation
import Network
import Specification
import TensorFiles

/// An experiment with its loaded data and the keys of its trainings.
struct PreparedExperiment: Sendable {
  let spec: ExperimentSpec
  let data: Dataset
  /// Seed by seed, baseline before pruned.
  let stages: [TrainingStage]
}

/// Loads the data of experiments, each data set once.
struct ExperimentPreparation {
  let kernels: KernelClass
  private let threads: Int
  private var datasets: [String: Dataset] = [:]
  /// About what the data does not fit.
  private var remarks: Set<String> = []

  /// - Parameter threads: largest number of threads that decode pictures.
  init(kernels: KernelClass, threads: Int = 1) {
    self.kernels = kernels
    self.threads = threads
  }

  mutating func prepare(_ spec: ExperimentSpec) throws(RunError) -> PreparedExperiment {
    let data = try load(spec)
    remarks.formUnion(spec.warnings(about: data, model: spec.trainedStart))
    let stages = Self.stages(
      spec, kernels: kernels, load: .load(spec.dataset, digest: data.digest), weights: try spec.startDigest())
    return PreparedExperiment(spec: spec, data: data, stages: stages)
  }

  /// The same for each of several experiments.
  mutating func prepare(_ specs: [ExperimentSpec]) -> [Result<PreparedExperiment, RunError>] {
    specs.map { spec in Result { () throws(RunError) in try prepare(spec) } }
  }

  /// Seed by seed, baseline before pruned.
  static func stages(
    _ spec: ExperimentSpec, kernels: KernelClass, load: StageKey, weights: String?
  ) -> [TrainingStage] {
    let fingerprint = kernels.fingerprint(in: spec.leastPrecision)
    return spec.seeds.flatMap { seed in
      let key = { (variant: Variant) in
        StageKey.train(
          spec, variant: variant, seed: seed, kernels: fingerprint, decoder: PictureDecoders.fingerprint,
          load: load, weights: weights)
      }
      return spec.variants.map { variant in
        TrainingStage(
          key: key(variant), spec: spec, variant: variant, seed: seed, start: weights, trunk: key(.baseline))
      }
    }
  }

  /// Stages of an experiment whose data cannot be loaded: their keys match no cached training.
  static func standIns(_ spec: ExperimentSpec, kernels: KernelClass) -> [TrainingStage] {
    let data = spec.dataset
    let stand = "\(data.path ?? ""), \(data.trainLimit ?? 0), \(data.testLimit ?? 0)"
    let start = [spec.architecture.weights, spec.architecture.onnx].compactMap(\.self)
    return stages(
      spec, kernels: kernels, load: .load(data, digest: stand),
      weights: start.isEmpty ? nil : start.joined(separator: ", network "))
  }

  /// Warnings about the data sets that were loaded, and about samples and start weights that they
  /// do not fit, each once.
  var warnings: [String] { remarks.union(datasets.values.flatMap(\.warnings)).sorted() }

  /// Random images for an experiment whose data is missing; nil if their number is unknown.
  mutating func standInData(_ spec: ExperimentSpec) -> Dataset? {
    let name = (["random", spec.dataset.name] + limits(spec.dataset)).joined(separator: "\n")
    if let data = datasets[name] { return data }
    datasets[name] = DatasetRegistry.standIn(for: spec.dataset)
    return datasets[name]
  }

  private func limits(_ spec: DatasetSpec) -> [String] {
    [spec.trainLimit, spec.testLimit].map { $0.map(String.init) ?? "all" }
  }

  private mutating func load(_ experiment: ExperimentSpec) throws(RunError) -> Dataset {
    let spec = experiment.dataset
    let pictures = spec.pictures.map { "\($0)" } ?? ""
    let name = ([spec.name, spec.path ?? "", pictures] + limits(spec)).joined(separator: "\n")
    if let data = datasets[name] { return data }
    let data = try experiment.loadData(threads: threads)
    datasets[name] = data
    return data
  }
}

extension ExperimentSpec {
  /// Digest of the start weights and of the file with the layers; nil if there are none.
  func startDigest() throws(RunError) -> String? {
    func digest(_ path: String?) throws(RunError) -> String? {
      guard let path else { return nil }
      do throws(ModelFileError) {
        return try files(ofModel: path).map { sha256($0) }.joined(separator: "+")
      } catch {
        throw .model(error)
      }
    }
    let weights = try digest(architecture.weights)
    guard let onnx = try digest(architecture.onnx) else { return weights }
    return (weights ?? "random") + ", network " + onnx
  }
}
