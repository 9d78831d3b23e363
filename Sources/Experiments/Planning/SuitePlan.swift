import Compute
import Datasets
import Reports
import Specification

/// The plan of several experiments: shared trainings, cached trainings, and predicted time.
public struct SuitePlan {
  private(set) var experiments: [ExperimentPlan]
  private(set) var whole: WholePlan
  /// What could not be determined, and what is wrong with the data, one sentence each.
  public private(set) var warnings: [String] = []

  /// - Parameters:
  ///   - results: results folder, for finished trainings.
  ///   - calibrates: whether to predict time and memory from a few steps of each training.
  public init(
    _ specs: [ExperimentSpec], results: String, engine: Engine, calibrates: Bool
  ) throws(ToolError) {
    experiments = []
    whole = WholePlan(experiments: specs.count, threads: engine.threads)
    var preparation = ExperimentPreparation(kernels: engine.kernels, threads: engine.threads)
    let cache = StageCache(results: results)
    let calibration = Calibration(engine: engine, results: results)
    let (start, program) = (ContinuousClock.now, peakResidentMebibytes())
    var predicted: Double? = calibrates ? 0 : nil
    var seen: Set<StageKey> = []
    var beginnings = PlannedBeginnings(cache: cache)
    // The forecast of a plan of one experiment.
    var single: TrainingForecast?
    for spec in specs {
      var plan = try ExperimentPlan(spec, threads: engine.threads)
      let (stages, data) = stages(of: spec, &preparation, calibrates: calibrates)
      let forecast: TrainingForecast?
      if calibrates, let data, stages.contains(where: { !seen.contains($0.key) && !cache.isDone($0) }) {
        forecast = try TrainingForecast(
          spec, data, widths: plan.widths, calibration: calibration, engine: engine)
      } else {
        forecast = nil
      }
      if specs.count == 1 { single = forecast }
      for stage in stages {
        let done = cache.checkpoints(stage.key).newestEpoch ?? 0
        let isCached = cache.isDone(stage)
        let isNew = seen.insert(stage.key).inserted
        whole.trainingsWithoutSharing += 1
        if isNew { whole.trainings += 1 }
        if isNew, isCached { whole.trainingsCached += 1 }
        let shared = isNew ? beginnings.take(stage, done: done) : 0
        whole.epochsShared += shared
        var run = ExperimentPlan.Run(stage, done: done, shared: shared, cached: isCached)
        if calibrates { run.predictedSeconds = isNew && !isCached ? forecast?.seconds(of: run) : 0 }
        plan.runs.append(run)
      }
      let seconds = plan.runs.compactMap(\.predictedSeconds)
      plan.predictedSeconds = seconds.count == plan.runs.count ? seconds.reduce(0, +) : nil
      predicted = predicted.flatMap { total in plan.predictedSeconds.map { total + $0 } }
      experiments.append(plan)
    }
    whole.trainingsToDo = whole.trainings - whole.trainingsCached
    if calibrates {
      // The rest of the time is for loading data and building networks, which a run does, too.
      let loading = max(0, seconds(since: start) - calibration.seconds)
      whole.predictedSeconds = predicted.map { $0 + loading }
      // A run measures latencies at its end, also of networks that are trained already.
      let latencies = specs.compactMap { NetworkMemory.of($0)?.bytesOfLatency($0) }.max() ?? 0
      whole.predictedPeakMib = predicted.map { _ in
        max(peakResidentMebibytes(), program + Int(min(latencies / 0x1p20, 1e15)) + 1)
      }
      // Afterwards, since another precision may need more memory.
      if let single {
        try experiments[0].predictPrecisions(single, calibration: calibration, engine: engine)
      }
      whole.calibrationSeconds = calibration.seconds
    }
    warnings += preparation.warnings
    share()
  }

  /// The trainings of an experiment. Without data, their keys match no cached trainings, and random
  /// images are used to measure.
  private mutating func stages(
    of spec: ExperimentSpec, _ preparation: inout ExperimentPreparation, calibrates: Bool
  ) -> (stages: [TrainingStage], data: Dataset?) {
    do throws(RunError) {
      let prepared = try preparation.prepare(spec)
      return (prepared.stages, prepared.data)
    } catch {
      var data: Dataset?
      if case .data = error, calibrates { data = preparation.standInData(spec) }
      let warning =
        data == nil
        ? "what is cached and how long it takes is not known: \(error)"
        : "what is cached is not known, and times are measured with random images: \(error)"
      if !warnings.contains(warning) { warnings.append(warning) }
      return (ExperimentPreparation.standIns(spec, kernels: preparation.kernels), data)
    }
  }

  /// Fills in which experiments share trainings, and the totals.
  private mutating func share() {
    var users: [String: [String]] = [:]
    for plan in experiments {
      for run in plan.runs { users[run.trainingKey, default: []].append(plan.experiment) }
    }
    for index in experiments.indices {
      experiments[index].whole = whole
      for run in experiments[index].runs.indices {
        let all = users[experiments[index].runs[run].trainingKey] ?? []
        experiments[index].runs[run].sharedWith = all.filter { $0 != experiments[index].experiment }
      }
    }
  }

  /// Predicted seconds of every training to do, by the digest of its key; empty without a
  /// prediction.
  var predictedSeconds: [String: Double] {
    experiments.flatMap(\.runs).reduce(into: [:]) { seconds, run in
      // A training that an earlier experiment does has 0 here.
      if let predicted = run.predictedSeconds {
        seconds[run.trainingKey] = max(predicted, seconds[run.trainingKey] ?? 0)
      }
    }
  }

  /// Predicted peak resident memory of a run, mebibytes; nil without a prediction.
  public var predictedPeakMebibytes: Int? { whole.predictedPeakMib }

  /// A list of the experiments.
  public func json() -> String { jsonText(experiments, pretty: true) }
}

extension ExperimentPlan.Run {
  /// Without a prediction, and without the experiments that share it.
  fileprivate init(_ stage: TrainingStage, done: Int, shared: Int, cached: Bool) {
    self.init(
      seed: stage.seed, variant: stage.variant, epochs: stage.epochs, epochsDone: done, epochsShared: shared,
      cached: cached, sharedWith: [],
      stages: [
        .init(stage: "load", key: nil, cached: false),
        .init(stage: "train", key: stage.key.digest, cached: cached),
        .init(stage: "evaluate", key: nil, cached: false),
        .init(stage: "export", key: nil, cached: false),
      ])
  }

  var trainingKey: String { stages.first { $0.stage == "train" }?.key ?? "" }
}
