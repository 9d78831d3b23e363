import Architectures
import Compute
import Network
import Specification
import Training

@testable import Experiments
@testable import TensorFiles

/// Reads checkpoints, as they are and with a repaired checksum, so that the code after the check is
/// tested, too. An accepted checkpoint that fits the network must produce a network that computes.
struct CheckpointReader: FuzzedReader {
  static let name = "checkpoint"
  let isText = true
  private let stage = "fuzzed"
  private let architecture = ArchitectureSpec(
    name: "resnet", depth: 8, block: .basic, width: 0.07, input: [1, 4, 4], classes: 2, weights: nil)
  private let engine = try? Engine(threads: 1)

  func corpus() -> [[UInt8]] {
    guard let network = network() else { return [] }
    var record = TrainingRecord()
    record.current = TrainingRecord.PartialEpoch(progress: Trainer.Progress(), seconds: 1.5)
    let whole = CheckpointStore.bytes(network, stage: stage, record: record)
    network.remove(channels: ["layer3.0.conv1": [1]])
    record.pruningSteps = [
      TrainingRecord.PruningRecord(
        epoch: 1, removed: ["layer3.0.conv1": [1]], channels: 6, parameters: 100, macs: 1000)
    ]
    return [whole, CheckpointStore.bytes(network, stage: stage, record: record)].compactMap(\.self)
  }

  func read(_ bytes: [UInt8]) {
    readOnce(bytes)
    var repaired = TensorFileReader.lengthRepaired(bytes)
    TensorFile.writeChecksum(into: &repaired)
    readOnce(repaired)
  }

  private func readOnce(_ bytes: [UInt8]) {
    guard let restored = try? CheckpointStore.read(bytes, path: "fuzzed", stage: stage),
      let network = network()
    else {
      return
    }
    do { try Checkpoint.restore(network, from: restored.file, path: "fuzzed") } catch { return }
    _ = network.evaluate(Planes(network.input, dense: [Float](repeating: 0.5, count: 16)))
  }

  private func network() -> Network? {
    engine.flatMap { try? ArchitectureRegistry.build(architecture, seed: 0, engine: $0) }
  }
}
