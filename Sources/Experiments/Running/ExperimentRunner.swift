import CZlib
import Compute
import Datasets
import Foundation
import Network
import Reports
import Specification
import TensorFiles
import Training

/// Runs experiments from data to report: load, train with pruning, evaluate, export, for every seed and variant.
public struct ExperimentRunner {
  private let engine: Engine
  private let results: String
  private let fresh: Bool
  private let progress: ProgressPrinter
  private let interruption: Interruption

  /// - Parameters:
  ///   - results: folder that gets a folder for each experiment.
  ///   - fresh: start anew instead of going on from checkpoints.
  public init(
    engine: Engine, results: String, fresh: Bool, progress: ProgressPrinter, interruption: Interruption
  ) {
    self.engine = engine
    self.results = results
    self.fresh = fresh
    self.progress = progress
    self.interruption = interruption
  }

  /// Runs what is not done yet, writes all reports, and returns the report.
  ///
  /// - Throws: `RunError`; checkpoints and the results of finished variants stay.
  public func run(_ spec: ExperimentSpec) throws(RunError) -> Report {
    let folders = ResultFolders(results: results, experiment: spec.name)
    let lock = try FolderLock(folders.state)
    defer { withExtendedLifetime(lock) {} }
    let data: Dataset
    do { data = try DatasetRegistry.load(spec.dataset) } catch { throw .data(error) }
    var finished: [FinishedVariant] = []
    for seed in spec.seeds {
      for variant in spec.variants {
        finished.append(try run(spec, variant, seed: seed, data, folders))
      }
    }
    let report = try ReportBuilder(spec: spec, engine: engine).report(finished)
    try ResultFiles(folders: folders).write(report, spec)
    return report
  }

  private func run(
    _ spec: ExperimentSpec, _ variant: Variant, seed: UInt64, _ data: Dataset, _ folders: ResultFolders
  ) throws(RunError) -> FinishedVariant {
    let key = StageKey(
      spec, variant: variant, seed: seed, kernels: engine.kernels.rawValue, dataDigest: data.digest,
      weightsDigest: try weightsDigest(spec))
    let training = VariantTraining(
      spec: spec, variant: variant, seed: seed, data: data, engine: engine,
      checkpoints: folders.checkpoints(seed: seed, variant: variant), key: key, interruption: interruption,
      progress: progress)
    let outcome = try training.run(fresh: fresh)
    let folder = folders.variant(seed: seed, variant)
    if spec.export.formats.contains("safetensors") {
      try export(outcome.network, spec, seed: seed, to: folder)
    }
    return FinishedVariant(seed: seed, variant: variant, outcome: outcome)
  }

  private func export(
    _ network: Network, _ spec: ExperimentSpec, seed: UInt64, to folder: String
  ) throws(RunError) {
    let metadata = ["architecture": spec.architecture.name, "experiment": spec.name, "seed": "\(seed)"]
    do {
      try DurableFile.makeFolder(folder)
    } catch {
      throw .storage("\(error)")
    }
    do {
      try network.tensorFile(metadata: metadata).write(to: folder + "/model.safetensors")
    } catch {
      throw .storage("\(error)")
    }
  }

  /// Enough to notice that the file to start from is another one.
  private func weightsDigest(_ spec: ExperimentSpec) throws(RunError) -> String? {
    guard let path = spec.architecture.weights else { return nil }
    let file: TensorFile
    do { file = try TensorFile(contentsOf: path) } catch { throw .model(.unreadable(error)) }
    let bytes = file.serialized()
    return "\(bytes.count) bytes, CRC-32 \(crc32_z(0, bytes, bytes.count))"
  }
}

/// A variant that is trained, with everything that its report needs.
struct FinishedVariant {
  let seed: UInt64
  let variant: Variant
  let outcome: VariantTraining.Outcome
}
