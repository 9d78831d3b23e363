import Compute
import Datasets
import Foundation
import Network
import Pruning
import Reports
import Specification
import Training

/// Builds the report of an experiment from its trained variants.
struct ReportBuilder {
  let spec: ExperimentSpec
  let data: Dataset
  let engine: Engine
  let commit: GitState?
  /// Processes that trained together in this run.
  let ranks: Int

  func report(_ finished: [FinishedVariant]) throws(RunError) -> Report {
    var runs: [RunReport] = []
    for variant in finished { runs.append(try run(variant)) }
    let pruned = finished.filter { $0.stage.variant == .pruned }.map(\.structure)
    return Report(
      experiment: spec.name, description: spec.description, status: .complete, spec: document(spec),
      runs: runs, expectations: spec.expectations + spec.missedTarget(of: pruned),
      timing: Timing(runs: finished.map(timing)), environment: environment())
  }

  private func environment() -> EnvironmentReport {
    var environment = EnvironmentReport.current(engine, spec, commit)
    environment.mpiRanks = ranks > 1 ? ranks : nil
    let paths = [
      ("dataset.path", spec.dataset.unexpandedPath, spec.dataset.path),
      ("architecture.weights", spec.architecture.unexpandedWeights, spec.architecture.weights),
      ("architecture.onnx", spec.architecture.unexpandedONNX, spec.architecture.onnx),
    ].compactMap { key, written, path in written == nil ? nil : path.map { (key, $0) } }
    environment.paths = paths.isEmpty ? nil : Dictionary(uniqueKeysWithValues: paths)
    return environment
  }

  private func run(_ finished: FinishedVariant) throws(RunError) -> RunReport {
    let (stage, structure, record) = (finished.stage, finished.structure, finished.record)
    guard let last = record.epochs.last, let top1 = last.testTop1 else {
      throw .storage(
        "the record of \(stage.variant), seed \(stage.seed), has no accuracy of its last epoch")
    }
    let cost = structure.cost
    let excluded = structure.excludedChannels(by: spec.prune)
    let metrics = spec.evaluate.metrics
    return RunReport(
      seed: stage.seed, variant: stage.variant.rawValue, top1: top1,
      top5: last.top5(in: metrics), testLoss: last.testLoss,
      parameters: cost.parameters, macs: cost.macs, onnxMacs: finished.onnxMACs,
      leftOut: leftOut(last), channels: structure.prunableChannels - excluded,
      layers: zip(structure.whole.layers, structure.layers).map(LayerReport.init(before:after:)),
      pruningSteps: record.pruningSteps.map { $0.report(withoutChannels: excluded) },
      history: record.epochs.map { $0.report(withoutChannels: excluded, metrics: metrics) })
  }

  /// Nil if a damaged picture would have ended the run.
  private func leftOut(_ epoch: TrainingRecord.EpochRecord) -> LeftOutPictures? {
    guard spec.dataset.pictures?.damaged == .skip else { return nil }
    return LeftOutPictures(
      train: data.train.count - epoch.images, test: epoch.testImages.map { data.test.count - $0 })
  }

  private func timing(_ finished: FinishedVariant) -> Timing.Run {
    Timing.Run(
      seed: finished.stage.seed, variant: finished.stage.variant.rawValue,
      epochs: finished.record.epochs.map {
        Timing.Epoch(
          epoch: $0.epoch, trainSeconds: $0.trainSeconds, evaluationSeconds: $0.evaluationSeconds,
          pruningSeconds: $0.pruningSeconds, trainCPUSeconds: $0.trainCPUSeconds,
          evaluationCPUSeconds: $0.evaluationCPUSeconds, pruningCPUSeconds: $0.pruningCPUSeconds,
          imagesPerSecond: $0.imagesPerSecond, trainJoules: $0.trainJoules)
      },
      sharedEpochs: finished.record.sharedEpochs, sessions: finished.record.sessions,
      latency: finished.latencies.map {
        Timing.Latency(batchSize: $0.batchSize, milliseconds: $0.milliseconds)
      })
  }
}

extension ExperimentSpec {
  /// The pruning target as an expectation, if one of the pruned networks has not reached it and the
  /// experiment does not have that expectation already.
  ///
  /// A target counts from the whole network, but reports count from the baseline. If that starts
  /// from a pruned network, they differ, and there is only the warning that the training shows.
  func missedTarget(of pruned: [PrunableGraph]) -> [ExpectationSpec] {
    guard let target = prune?.target,
      pruned.contains(where: { target.missed(from: $0.whole.cost, to: $0.cost) != nil }),
      pruned.allSatisfy({ $0.missingAtStart.values.allSatisfy { $0 == 0 } })
    else { return [] }
    let missed: ExpectationSpec
    switch target {
    case .ratio, .channelsPerStep: return []
    case .parameterRatio(let ratio):
      missed = ExpectationSpec(metric: .parameterReduction, limit: .atLeast(ratio))
    case .flopsRatio(let ratio):
      missed = ExpectationSpec(metric: .flopsReduction, limit: .atLeast(ratio))
    }
    let isExpected = expectations.contains { $0.metric == missed.metric && $0.limit == missed.limit }
    return isExpected ? [] : [missed]
  }
}

extension EnvironmentReport {
  /// The environment of an experiment's work that starts now on an engine.
  ///
  /// - Parameter commit: of the experiment's folder, for a report.
  static func current(
    _ engine: Engine, _ spec: ExperimentSpec, _ commit: GitState? = nil
  ) -> EnvironmentReport {
    let machine = Machine.current()
    let process = ProcessIdentity.current
    var environment = EnvironmentReport(
      version: ProductVersion.current, processor: machine.processor,
      kernels: engine.kernels.rounding(in: spec.leastPrecision).rawValue,
      blasCore: engine.blasCore, threads: engine.threads, date: Date.now.ISO8601Format(),
      blasRelease: engine.blasRelease, host: process.host, job: process.job, gitCommit: commit?.commit,
      gitDirty: commit?.isDirty)
    if spec.dataset.pictures != nil { environment.pictureDecoders = PictureDecoders.versions }
    return environment
  }
}

extension LayerReport {
  fileprivate init(before: LayerSummary, after: LayerSummary) {
    self.init(
      name: before.name, kind: before.kind.rawValue, channelsBefore: before.channels,
      channels: after.channels,
      parametersBefore: before.cost.parameters, parameters: after.cost.parameters,
      macsBefore: before.cost.macs,
      macs: after.cost.macs)
  }
}

extension TrainingRecord.PruningRecord {
  /// - Parameter excluded: number of channels in layers excluded by `prune.exclude`.
  fileprivate func report(withoutChannels excluded: Int) -> PruningStepReport {
    PruningStepReport(
      epoch: epoch, removed: removed, channels: channels - excluded, parameters: parameters, macs: macs)
  }
}

extension TrainingRecord.EpochRecord {
  var imagesPerSecond: Double { trainSeconds > 0 ? Double(images) / trainSeconds : 0 }

  /// The top-5 accuracy if it is among `evaluate.metrics`.
  func top5(in metrics: [String]) -> Double? { metrics.contains("top5") ? testTop5 : nil }

  /// Experiments that share a training may exclude different layers and report different metrics.
  ///
  /// - Parameters:
  ///   - excluded: number of channels in layers excluded by `prune.exclude`.
  ///   - metrics: `evaluate.metrics`; trainings record all of them.
  func report(withoutChannels excluded: Int, metrics: [String]) -> EpochReport {
    EpochReport(
      epoch: epoch, learningRate: learningRate, trainLoss: trainLoss, trainTop1: trainTop1,
      testLoss: testLoss,
      testTop1: testTop1, testTop5: top5(in: metrics), channels: channels - excluded,
      parameters: parameters, macs: macs, images: images)
  }
}
