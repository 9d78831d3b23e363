import Compute
import Network
import Specification

/// What an experiment's trainings need if their activations have a given precision.
struct PlannedPrecision: Encodable {
  /// A value of `train.precision`.
  var precision: String
  /// Whether it is the experiment's own.
  var isSet: Bool
  /// Memory of a training, estimated from its graph, in mebibytes, without the data set.
  var trainingMemoryMib: Int
  /// Predicted time of the trainings to do; nil without a prediction, and in a plan of several
  /// experiments.
  var predictedSeconds: Double?

  /// Every precision, without times.
  static func all(of graph: Graph, _ spec: ExperimentSpec, threads: Int) -> [PlannedPrecision] {
    ActivationPrecision.allCases.map { precision in
      var other = spec
      other.train.precision = precision
      let memory = NetworkMemory(graph, precision).bytes(other, threads, 1)
      return PlannedPrecision(
        precision: precision.rawValue, isSet: precision == spec.train.precision,
        trainingMemoryMib: Int(memory / 0x1p20) + 1)
    }
  }
}

extension ExperimentPlan {
  /// Predicts the time of the trainings in each precision. Steps in another precision than the
  /// experiment's are measured at full width only, and pruned networks are assumed to gain or lose
  /// the same share.
  ///
  /// - Parameter forecast: of the experiment as it is.
  mutating func predictPrecisions(
    _ forecast: TrainingForecast, calibration: Calibration, engine: Engine
  ) throws(ToolError) {
    let (spec, data) = (forecast.spec, forecast.data)
    let network = try spec.network(engine: engine)
    let own = calibration.secondsPerTrainingImage(network, spec, data)
    for index in precisions.indices {
      guard own > 0, let precision = ActivationPrecision(rawValue: precisions[index].precision) else {
        continue
      }
      var other = spec
      other.train.precision = precision
      let scaled = forecast.scaled(
        training: calibration.secondsPerTrainingImage(network, other, data) / own)
      let seconds = runs.compactMap { scaled.seconds(of: $0) }
      precisions[index].predictedSeconds = seconds.count == runs.count ? seconds.reduce(0, +) : nil
    }
  }
}

extension TrainingForecast {
  /// The time of what is left of a training; nil if it is not known.
  func seconds(of run: ExperimentPlan.Run) -> Double? {
    guard !run.cached else { return 0 }
    return cost(run.variant, after: max(run.epochsDone, run.epochsShared - 1), trained: run.epochsShared)
  }
}
