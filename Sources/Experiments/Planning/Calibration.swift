import Compute
import Datasets
import Foundation
import Network
import Specification
import TensorFiles
import Training

/// Costs of the parts of a training, in seconds or multiply-accumulates (see ``TrainingForecast``).
struct UnitCosts {
  /// Forward, backward, update and preparation of the data.
  var perTrainingImage: Double
  var perTestImage: Double
  /// Of a pruning step.
  var perScoredImage: Double
  var perCheckpoint: Double

  /// Interpolates between two costs.
  static func between(_ first: UnitCosts, _ second: UnitCosts, share: Double) -> UnitCosts {
    func mix(_ part: (UnitCosts) -> Double) -> Double {
      part(first) + share * (part(second) - part(first))
    }
    return UnitCosts(
      perTrainingImage: mix(\.perTrainingImage),
      perTestImage: mix(\.perTestImage),
      perScoredImage: mix(\.perScoredImage), perCheckpoint: mix(\.perCheckpoint))
  }
}

/// Measures costs in seconds on this machine, each once, by a short run with the actual network,
/// data and batch size.
final class Calibration {
  private let engine: Engine
  /// Where checkpoints are written.
  private let folder: String
  /// Measured seconds, by the name of the part.
  private var known: [String: Double] = [:]
  /// Time spent on measuring.
  private(set) var seconds = 0.0

  /// Approximate measuring time for each part.
  private static let sampleSeconds = 0.5

  /// - Parameter results: the results folder; before it exists, the system's folder for temporary
  ///   files stands for it.
  init(engine: Engine, results: String) {
    self.engine = engine
    folder = FileManager.default.isWritableFile(atPath: results) ? results : NSTemporaryDirectory()
  }

  /// - Parameters:
  ///   - network: the network, which is changed by training.
  ///   - scores: whether to measure scoring, too.
  func cost(of network: Network, _ spec: ExperimentSpec, _ data: Dataset, scores: Bool) -> UnitCosts {
    let setting = setting(network, spec)
    let batch = spec.train.batchSize
    let precision = Precision(spec.evaluate.precision)
    return UnitCosts(
      perTrainingImage: secondsPerTrainingImage(network, spec, data),
      perTestImage: once("test in \(precision); \(setting)") {
        secondsPerImage(data.test, batch: batch) { images in
          _ = try? Evaluation(
            of: network, on: images, normalize: spec.dataset.normalize, batchSize: batch, precision: precision
          )
        }
      },
      perScoredImage: !scores
        ? 0
        : once("score by \(spec.prune?.criterion ?? ""); \(setting)") {
          secondsPerImage(data.train, batch: batch) { images in
            _ = try? Scoring(spec: spec, data: images, seed: 0).scores(of: network, epoch: 0)
          }
        },
      perCheckpoint: once("checkpoint; \(setting)") { checkpointSeconds(network) })
  }

  /// Seconds of forward, backward, update and preparation of the data.
  func secondsPerTrainingImage(_ network: Network, _ spec: ExperimentSpec, _ data: Dataset) -> Double {
    // A diverging step has the same cost.
    let trainer = Trainer(spec.train, dataset: spec.dataset, seed: 0)
    return once("train in \(spec.train.precision); \(setting(network, spec))") {
      secondsPerImage(data.train, batch: spec.train.batchSize) { images in
        var run = trainer.epochRun(over: images, epoch: 0)
        while (try? run.step(network)) == true {}
      }
    }
  }

  /// The settings that all costs depend on.
  private func setting(_ network: Network, _ spec: ExperimentSpec) -> String {
    let kept = network.channelGroups.map { "\($0.name) \($0.kept.count)" }.joined(separator: ",")
    return "\(spec.architecture); \(spec.dataset); \(spec.train.batchSize) in \(spec.train.shards); \(kept)"
  }

  /// The cached measurement of this name, or a new one.
  private func once(_ name: String, _ measure: () -> Double) -> Double {
    if let cost = known[name] { return cost }
    let start = ContinuousClock.now
    let cost = measure()
    seconds += Experiments.seconds(since: start)
    known[name] = cost
    return cost
  }

  /// Seconds per image of `body`, which is called with a batch to warm up, then a timed batch, then
  /// further batches as time allows.
  private func secondsPerImage(_ set: ImageSet, batch: Int, _ body: (ImageSet) -> Void) -> Double {
    let first = set.selecting(Array(0..<min(batch, set.count)))
    body(first)
    let once = elapsed { body(first) }
    let batches = max(2, min(40, Int(Self.sampleSeconds / max(once, 1e-4))))
    let sample = set.selecting(Array(0..<min(batches * batch, set.count)))
    guard sample.count > 0 else { return 0 }
    return elapsed { body(sample) } / Double(sample.count)
  }

  private func checkpointSeconds(_ network: Network) -> Double {
    elapsed { _ = DurableFile.rehearse(Checkpoint.file(network, notes: [:]).checksummed(), in: folder) }
  }

  private func elapsed(_ body: () -> Void) -> Double {
    let start = ContinuousClock.now
    body()
    return Experiments.seconds(since: start)
  }
}
