import Compute
import Foundation
import MessagePassing
import Reports
import Specification

/// The order by which the first process of a group starts a training in the others.
struct TrainingOrder: Codable {
  var experiment: String
  var variant: Variant
  var seed: UInt64
  /// Digest of the stage's key.
  var stage: String
}

extension ProcessGroup {
  /// Sends the other processes a training and its initial state.
  func send(_ order: TrainingOrder, _ state: [UInt8]) {
    let text = (try? JSONEncoder().encode(order)) ?? Data()
    _ = broadcast(Array(text))
    _ = broadcast(state)
  }

  /// Tells the others that nothing is left to do.
  public func sendEnd() { _ = broadcast([]) }

  /// Waits until process 0 sends the end.
  public func waitForEnd() { while receive() != nil {} }

  /// The next order of process 0; nil at the end.
  fileprivate func receive() -> (order: TrainingOrder, state: [UInt8])? {
    let text = broadcast([])
    guard let order = try? JSONDecoder().decode(TrainingOrder.self, from: Data(text)) else { return nil }
    return (order, broadcast([]))
  }
}

/// A process of a group other than the first one: it takes part in trainings, and neither reads nor
/// writes result files.
public struct TrainingFollower {
  private let specs: [ExperimentSpec]
  private let engine: Engine
  private let group: ProcessGroup
  private let interruption: Interruption
  private let progress: ProgressPrinter

  /// - Parameter progress: shows warnings about pictures that this process reads; process 0 shows
  ///   everything else.
  public init(
    _ specs: [ExperimentSpec], engine: Engine, group: ProcessGroup, interruption: Interruption,
    progress: ProgressPrinter
  ) {
    (self.specs, self.engine, self.group) = (specs, engine, group)
    (self.interruption, self.progress) = (interruption, progress)
  }

  /// Takes part in the trainings that process 0 sends, until the end.
  ///
  /// - Throws: errors of this process alone; the group must be ended then. Process 0 reports errors
  ///   that all processes have.
  public func run() throws(RunError) {
    var preparation = ExperimentPreparation(kernels: engine.kernels, threads: engine.threads)
    while let (order, state) = group.receive() {
      guard let spec = specs.first(where: { $0.name == order.experiment }) else {
        throw .storage("\(order.experiment): process 0 has other experiment files")
      }
      let prepared = try preparation.prepare(spec)
      let stage = prepared.stages.first { $0.variant == order.variant && $0.seed == order.seed }
      guard let stage, stage.key.digest == order.stage else {
        throw .storage(
          "\(spec.name): process 0 has other data, files or kernels, or another OpenBLAS or JPEG decoder; "
            + "all processes need the same"
        )
      }
      let training = VariantTraining(
        stage: stage, data: prepared.data, engine: engine, checkpoints: CheckpointStore(folder: ""),
        interruption: interruption, progress: progress, group: group)
      do throws(RunError) {
        try training.follow(state)
      } catch .training {
        // Diverged or interrupted, like all processes.
      }
    }
  }
}
