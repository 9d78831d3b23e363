import Compute
import Foundation
import Network
import Reports
import Specification
import TensorFiles
import Training

/// The stages after training, for one experiment: evaluate, export, report.
struct ExperimentFinishing {
  let experiment: PreparedExperiment
  let engine: Engine
  let cache: StageCache
  let folders: ResultFolders
  let ownsProcess: Bool
  let commit: GitState?
  /// Number of processes that trained.
  let ranks: Int
  let interruption: Interruption
  let announce: (String) -> Void
  /// Shows the progress of a training that is done again.
  let printer: (TrainingStage) -> ProgressPrinter

  private var spec: ExperimentSpec { experiment.spec }

  /// Writes models and reports; repeats a training whose checkpoint has been damaged.
  func run() throws(RunError) -> Report {
    removeLeftovers()
    let earlier = EarlierResults(in: folders)
    var finished: [FinishedVariant] = []
    for stage in experiment.stages { finished.append(try finish(try trained(stage), stage)) }
    var report = try ReportBuilder(
      spec: spec, data: experiment.data, engine: engine, commit: commit, ranks: ranks
    ).report(finished)
    // A file that cannot be read stays: its reader says why.
    let measured = Result { () throws(ReportError) in try deployment() }
    report.deployment = try? measured.get()
    let files = ResultFiles(folders: folders)
    try files.writeReport(report)
    // Only now: until then, the earlier report needs them.
    earlier?.removePlots(missingIn: report)
    files.removeOrphans(of: report, models: ResultFolders.models(of: spec.export))
    try files.writeTables(of: report, spec)
    if case .success(nil) = measured { try? FileManager.default.removeItem(atPath: folders.deployment) }
    // Last, since it links to the files that are there.
    try files.writePage(of: report)
    return report
  }

  /// What was measured of the exported models; nil if it was of others.
  private func deployment() throws(ReportError) -> DeploymentReport? {
    guard spec.export.formats.contains("onnx"),
      let found = try DeploymentReport.measured(beside: folders.report)
    else { return nil }
    let isOfThese = found.models.allSatisfy { model in
      experiment.stages.contains { $0.seed == model.seed && $0.variant.rawValue == model.variant }
    }
    return isOfThese ? found : nil
  }

  private func removeLeftovers() {
    let variants = experiment.stages.map { folders.variant(seed: $0.seed, $0.variant) }
    let testData = variants.map { "\($0)/\(ONNXExport.testData)" }
    for folder in [folders.root, folders.plots, folders.state] + variants + testData {
      DurableFile.removeLeftovers(in: folder)
    }
  }

  private func trained(_ stage: TrainingStage) throws(RunError) -> VariantTraining.Outcome {
    while true {
      let lock = try lock(stage)
      defer { withExtendedLifetime(lock) {} }
      let progress = printer(stage)
      defer { progress.end() }
      do throws(RunError) {
        return try VariantTraining(
          stage: stage, data: experiment.data, engine: engine, checkpoints: cache.checkpoints(stage.key),
          events: TensorBoardLog(of: stage, in: folders), ownsProcess: ownsProcess,
          interruption: lock.interruption, lock: lock, progress: progress
        ).run(fresh: false, showsDone: false)
      } catch .training(.interrupted) where !interruption.isRequested {
        // The lock was lost: another process trains it, or it has to be trained once more.
      }
    }
  }

  /// Other processes that read the training hold the lock only briefly, those that train it again
  /// for long.
  private func lock(_ stage: TrainingStage) throws(RunError) -> FolderLock {
    let begin = ContinuousClock.now
    var isAnnounced = false
    while true {
      do throws(RunError) {
        return try cache.lock(stage.key, interruption, announce: announce)
      } catch .inUse(_, let owner) where !interruption.isRequested {
        if !isAnnounced, ContinuousClock.now - begin > .seconds(10) {
          let other = owner.isEmpty ? "another run" : owner
          announce("\(stage.name): waiting for \(other), which uses it")
          isAnnounced = true
        }
        Thread.sleep(forTimeInterval: 0.02)
      } catch {
        throw interruption.isRequested ? .training(.interrupted) : error
      }
    }
  }

  /// Measures and exports a trained network, which is not kept: its weights, gradients and momentum
  /// are needed for one variant at a time.
  func finish(
    _ outcome: VariantTraining.Outcome, _ stage: TrainingStage
  ) throws(RunError) -> FinishedVariant {
    let precision = Precision(spec.evaluate.precision)
    let latencies = spec.evaluate.latencyBatchSizes.map {
      Latency(of: outcome.network, batchSize: $0, precision: precision)
    }
    let macs = try export(outcome, stage)
    return FinishedVariant(
      stage: stage, record: outcome.record, structure: outcome.network.structure, latencies: latencies,
      onnxMACs: macs)
  }

  /// - Returns: the MACs of the ONNX file, if one is written
  private func export(_ outcome: VariantTraining.Outcome, _ stage: TrainingStage) throws(RunError) -> Int? {
    if let tensor = outcome.network.firstNonFiniteTensor {
      throw .training(.tensorDiverged(epoch: stage.epochs, tensor: tensor))
    }
    let folder = folders.variant(seed: stage.seed, stage.variant)
    let metadata = ModelMetadata.of(
      stage, spec, outcome.network, classNames: experiment.data.classNames,
      top1: outcome.record.epochs.last?.testTop1)
    var macs: Int?
    try stored {
      try DurableFile.makeFolder(folder)
      for format in spec.export.formats {
        if format == "onnx" {
          let calibration = try spec.calibration(of: outcome.network, on: experiment.data.train)
          macs = try ONNXExport(
            network: outcome.network, spec: spec.export.onnx, metadata: metadata, calibration: calibration
          ).write(to: folder + "/model.onnx")
        } else {
          let model = folder + "/model.safetensors"
          try outcome.network.tensorFile(metadata: metadata).write(to: model)
          let file = folder + "/architecture.yaml"
          let again = try ModelExport.experiment(spec, of: outcome.network, weights: model, in: file)
          try DurableFile.write(Array(yaml(again).utf8), to: file)
        }
      }
    }
    return macs
  }
}

/// A trained variant, with everything that its report needs.
struct FinishedVariant {
  let stage: TrainingStage
  let record: TrainingRecord
  /// The network without its weights.
  let structure: PrunableGraph
  /// Wall time of inference.
  let latencies: [Latency]
  /// MACs of the ONNX file; nil if none is written.
  let onnxMACs: Int?
}
