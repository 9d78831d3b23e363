import Foundation
import Reports
import Specification
import Synchronization
import Testing

@testable import Compute
@testable import Experiments

@Suite("Shards of a suite")
struct ShardTests {
  @Test("a shard is one of some, written K/N", arguments: ["1/1", "2/8", "8/8"])
  func valid(_ text: String) throws {
    #expect(try #require(Shard(text)).description == text)
  }

  @Test(
    "anything else is no shard",
    arguments: ["", "0/4", "5/4", "-1/4", "1", "1/", "/4", "1/2/3", "a/b", "1/99999999999999999999"])
  func invalid(_ text: String) {
    #expect(Shard(text) == nil)
  }

  /// Units of the given work, each of a training of its own.
  private func units(_ work: [Double]) throws -> [TrainingUnit] {
    let spec = try digits()
    return work.enumerated().map { index, work in
      let key = StageKey(stage: "train", "\(index)")
      return TrainingUnit(
        stages: [TrainingStage(key: key, spec: spec, variant: .baseline, seed: 0, start: nil, trunk: key)],
        work: work)
    }
  }

  @Test("the longest are dealt first, each to the shard with the least work, and none to two")
  func deal() throws {
    var random = RandomStream(seed: 5, purpose: .test)
    for count in 1...9 {
      let work = (0..<23).map { _ in 1 + 99 * Double(random.uniform()) }
      let units = try units(work)
      let shards = TrainingUnit.deal(units, to: count)
      #expect(shards.count == count)
      let keys = shards.flatMap { $0 }.flatMap(\.stages).map(\.key)
      #expect(keys.count == 23 && Set(keys) == Set(units.flatMap(\.stages).map(\.key)))
      // Graham's bound on the longest shard.
      let longest = shards.map { $0.map(\.work).reduce(0, +) }.max() ?? 0
      let bound = max(work.reduce(0, +) / Double(count), work.max() ?? 0)
      #expect(longest <= (2 - 1 / Double(count)) * bound)
      #expect(shards[0].first?.work == work.max())
    }
  }

  @Test("as many shards as units have one each, also where no work is predicted; further ones have none")
  func oneEach() throws {
    for work in [[3.0, 2, 1], [0, 0, 0]] {
      #expect(try TrainingUnit.deal(units(work), to: 3).map(\.count) == [1, 1, 1])
      #expect(try TrainingUnit.deal(units(work), to: 5).map(\.count) == [1, 1, 1, 0, 0])
    }
  }

  /// Two gradual criteria and one that prunes in one shot, all with the same baseline.
  private func suite() throws -> [ExperimentSpec] {
    let oneShot = [
      "name=late", "prune.schedule=one_shot", "prune.fine_tune={epochs: 2, learning_rate: 0.01}",
      "prune.criterion=l1_norm",
    ]
    return try ["l1_norm", "random"].map { try digits(["name=\($0)", "prune.criterion=\($0)"]) }
      + [try digits(oneShot)]
  }

  private func runner(
    _ folder: TemporaryFolder,
    availableMemory: @escaping @Sendable () -> AvailableMemory? = AvailableMemory.current
  ) throws -> ExperimentRunner {
    ExperimentRunner(
      engines: [try Engine(threads: 1)], results: folder.path, availableMemory: availableMemory,
      progress: .silent, interruption: Interruption())
  }

  @Test("what a shard has to do does not depend on the memory of its machine; what is trained needs none")
  func memory() throws {
    let folder = try TemporaryFolder()
    let specs = try suite()
    let little = try runner(folder) { AvailableMemory(bytes: 1 << 16, limit: .machine) }
    let refused = little.run(specs, shard: try #require(Shard("1/2")))
    let second = try runner(folder).run(specs, shard: try #require(Shard("2/2")))
    #expect(refused.trained == 0 && second.left == 0)
    let first = try runner(folder).run(specs, shard: try #require(Shard("1/2")))
    #expect(first.trained == refused.left && first.trained + second.trained == 4)
    try FileManager.default.removeItem(atPath: folder.path + "/.cache")
    _ = try runner(folder).run(specs, shard: try #require(Shard("1/2")))
    let cached = little.run(specs, shard: try #require(Shard("1/2"))) {
      Issue.record("\($0.spec.name) failed")
    }
    #expect(cached.left == 0 && cached.cached == first.trained)
    _ = try runner(folder).run(specs, shard: try #require(Shard("2/2")))
    let last = little.run(specs)
    #expect(last.allSatisfy { $0.failure == nil })
    #expect {
      try little.run(try digits(["name=other", "seeds=[7]"]))
    } throws: {
      if case RunError.memory = $0 { true } else { false }
    }
  }

  @Test("a baseline and what prunes it in one shot are one unit, whose common epochs count once")
  func together() throws {
    let engine = try Engine(threads: 1)
    var preparation = ExperimentPreparation(kernels: engine.kernels)
    let specs = try suite()
    let prepared = specs.map { spec in
      Result { () throws(RunError) in try preparation.prepare(spec) }
    }
    let units = ShardedSuite(specs, prepared: prepared, engine: engine).units
    let last = try #require(Shard("\(Int.max)/\(Int.max)"))
    #expect(ShardedSuite(specs, prepared: prepared, engine: engine).share(of: last).isEmpty)
    #expect(units.map { $0.stages.map(\.variant) } == [[.baseline, .pruned], [.pruned], [.pruned]])
    #expect(units[0].stages.map(\.epochs) == [3, 5])
    // Three epochs of the whole network and two of a smaller one, against three of one that
    // shrinks.
    #expect(units[0].work > units[1].work && units[0].work < 2 * units[1].work)
    #expect(units.map(\.work).allSatisfy { $0 > 0 })
  }

  @Test("shards do every training once, and a last run writes from them what a plain run writes")
  func bytesOfAPlainRun() throws {
    let (sharded, plain) = (try TemporaryFolder(), try TemporaryFolder())
    let specs = try suite()
    let expected = try runner(plain).run(specs)
    let outcomes = try (1...3).map { index in
      try runner(sharded).run(specs, shard: try #require(Shard("\(index)/3")))
    }
    #expect(outcomes.map(\.left) == [0, 0, 0] && outcomes.map(\.cached) == [0, 0, 0])
    #expect(outcomes.map(\.trained).sorted() == [1, 1, 2])
    #expect(!FileManager.default.fileExists(atPath: sharded.path + "/late/report.json"))
    #expect(try CacheListing(results: sharded.path).entries.allSatisfy { !$0.isUnused })
    let again = try runner(sharded).run(specs, shard: try #require(Shard("1/1")))
    #expect((again.trained, again.cached) == (0, 4))
    let last = try runner(sharded).run(specs)
    #expect(last.map(\.trained) == [0, 0, 0])
    for (found, other) in zip(last, expected) {
      #expect(try found.result.get().deterministicJSON() == other.result.get().deterministicJSON())
      for variant in Variant.allCases {
        let model = "/\(found.spec.name)/seed-0/\(variant.rawValue)/model.safetensors"
        #expect(try bytes(sharded.path + model) == bytes(plain.path + model), "\(model)")
      }
    }
  }

  @Test("an experiment whose data is missing fails in the shards that hold its trainings alone")
  func missingData() throws {
    let folder = try TemporaryFolder()
    let missing = try ExperimentFile.load(
      text: """
        format: 1
        name: missing
        dataset: {name: cifar10, path: nowhere}
        architecture: {name: resnet20}
        train: {epochs: 1, batch_size: 10}
        """, file: "missing.yaml", catalog: .standard)
    let specs = try suite() + [missing]
    let failures = Mutex<[String]>([])
    var left: [Int] = []
    for index in 1...4 {
      let outcome = try runner(folder).run(specs, shard: try #require(Shard("\(index)/4"))) { outcome in
        failures.withLock { $0.append(outcome.spec.name) }
      }
      left.append(outcome.left)
    }
    #expect(left.sorted() == [0, 0, 0, 1])
    #expect(failures.withLock { $0 } == ["missing"])
  }
}
