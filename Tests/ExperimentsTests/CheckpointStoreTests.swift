import Architectures
import Compute
import Foundation
import Network
import Specification
import Testing
import Training

@testable import Experiments

@Suite("Checkpoints")
struct CheckpointStoreTests {
  private let folder: TemporaryFolder
  private let store: CheckpointStore
  private let key = StageKey(stage: "test", "one")
  private let network: Network

  init() throws {
    folder = try TemporaryFolder()
    store = CheckpointStore(folder: folder.path + "/stage")
    let spec = ArchitectureSpec(
      name: "resnet", depth: 8, block: .basic, width: 0.1, input: [1, 8, 8], classes: 3, weights: nil)
    network = try ArchitectureRegistry.build(spec, seed: 1, engine: Engine(threads: 1))
  }

  private var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: store.folder)) ?? []).sorted()
  }

  /// A record of the given number of epochs, and steps of the next.
  private func record(_ epochs: Int, _ steps: Int = 0) -> TrainingRecord {
    var record = TrainingRecord()
    record.epochs = (0..<epochs).map {
      TrainingRecord.EpochRecord(
        epoch: $0 + 1, learningRate: 0.1, trainLoss: 1 / 3, trainTop1: 50, channels: 1, parameters: 1,
        macs: 1,
        trainSeconds: 1, evaluationSeconds: 1, pruningSeconds: 0, images: 1)
    }
    if steps > 0 {
      var progress = Trainer.Progress()
      progress.steps = steps
      progress.lossSum = 0.1 + 0.2
      record.current = TrainingRecord.PartialEpoch(progress: progress, seconds: 0.7)
    }
    return record
  }

  @Test("the last two are kept, those in the middle of an epoch among them")
  func keepsTwo() throws {
    for (epoch, step) in [(0, 1), (0, 9), (0, 10), (1, 0), (1, 2)] {
      try store.save(network, key: key, record: record(epoch, step))
      let restored = try #require(store.newest(key).restored)
      #expect(restored.record == record(epoch, step))
    }
    #expect(names == ["checkpoint-1-0.safetensors", "checkpoint-1-2.safetensors"])
  }

  @Test("another stage's are not resumed from, and are removed when this one's come, whatever their epoch")
  func otherStage() throws {
    let other = StageKey(stage: "test", "another")
    for epoch in [40, 41] { try store.save(network, key: other, record: record(epoch)) }
    #expect(store.newest(key).restored == nil)
    #expect(store.newest(key).warnings.isEmpty)
    for epoch in [1, 2] { try store.save(network, key: key, record: record(epoch)) }
    #expect(names == ["checkpoint-1-0.safetensors", "checkpoint-2-0.safetensors"])
  }

  @Test("damaged ones are announced, and passed over; the whole one before is kept when the next comes")
  func damage() throws {
    for epoch in 1...2 { try store.save(network, key: key, record: record(epoch)) }
    let newest = URL(fileURLWithPath: store.folder + "/checkpoint-2-0.safetensors")
    var data = try Data(contentsOf: newest)
    data[data.count / 2] ^= 4
    try data.write(to: newest)
    let (restored, warnings) = store.newest(key)
    #expect(restored?.record == record(1))
    #expect(warnings.count == 1)
    #expect(warnings.first?.hasPrefix(newest.path) == true)
    #expect(warnings.first?.contains("damaged") == true)
    try store.save(network, key: key, record: record(1, 3))
    #expect(names == ["checkpoint-1-0.safetensors", "checkpoint-1-3.safetensors"])
  }

  @Test("a record from before processor time was measured is read, and what comes after it sums to no value")
  func olderRecord() throws {
    let current = Data(
      #"{"current":{"progress":{"hits":{"images":4,"top1":1,"top5":2},"lossSum":2,"steps":1},"seconds":3},"#
        .utf8)
    let rest = Data(#""epochs":[],"pruningSteps":[]}"#.utf8)
    let record = try JSONDecoder().decode(TrainingRecord.self, from: current + rest)
    let partial = try #require(record.current)
    #expect(partial.usage == Usage(seconds: 3, cpuSeconds: nil, joules: nil))
    let more = Usage(seconds: 1, cpuSeconds: 2, joules: 5)
    #expect((partial.usage + more).cpuSeconds == nil)
    #expect((Usage() + more + more) == Usage(seconds: 2, cpuSeconds: 4, joules: 10))
  }

  @Test("a network comes back bit for bit: channels, running statistics and momentum")
  func restores() throws {
    network.remove(channels: ["layer1.0.conv1": [0]])
    for (index, parameter) in network.parameters.enumerated() {
      parameter.velocity.values = parameter.velocity.values.map { _ in Float(index) + 0.1 }
    }
    try store.save(network, key: key, record: record(1))
    let restored = try #require(store.newest(key).restored)
    let spec = ArchitectureSpec(
      name: "resnet", depth: 8, block: .basic, width: 0.1, input: [1, 8, 8], classes: 3, weights: nil)
    let other = try ArchitectureRegistry.build(spec, seed: 2, engine: Engine(threads: 1))
    try Checkpoint.restore(other, from: restored.file, path: restored.path)
    #expect(other.tensors == network.tensors)
    #expect(other.channelGroups == network.channelGroups)
    #expect(other.parameters.map(\.velocity) == network.parameters.map(\.velocity))
  }
}
