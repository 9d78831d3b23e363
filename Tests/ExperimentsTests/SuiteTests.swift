import Compute
import Foundation
import Reports
import Specification
import Synchronization
import TestSupport
import Testing

@testable import Experiments

/// Runs experiments into a folder.
@discardableResult
private func runAll(
  _ specs: [ExperimentSpec], in folder: String, jobs: Int = 1, failFast: Bool = false,
  ended: @escaping @Sendable (ExperimentOutcome) -> Void = { _ in }
) throws -> [ExperimentOutcome] {
  ExperimentRunner(
    engines: try (0..<jobs).map { _ in try Engine(threads: 1) }, results: folder, failFast: failFast,
    progress: .silent, interruption: Interruption()
  ).run(specs, ended: ended)
}

/// Experiments on digits that differ in their criterion, and so share the baseline.
private func criteria(_ names: [String] = ["l1_norm", "random"], _ overrides: [String] = []) throws
  -> [ExperimentSpec]
{
  try names.map { try digits(["name=\($0)", "prune.criterion=\($0)"] + overrides) }
}

@Suite("A suite")
struct SuiteTests {
  private func trained(_ outcomes: [ExperimentOutcome]) -> [Int] { outcomes.map(\.trained) }

  private func model(_ folder: String, _ experiment: String, _ variant: Variant) throws -> Data {
    try bytes("\(folder)/\(experiment)/seed-0/\(variant.rawValue)/model.safetensors")
  }

  @Test("trains what experiments have in common once, to what each of them gives alone")
  func sharing() throws {
    let (together, alone) = (try TemporaryFolder(), try TemporaryFolder())
    let specs = try criteria()
    try runAll(specs, in: together.path)
    let entries = try CacheListing(results: together.path).entries
    #expect(entries.map(\.experiments.count).sorted() == [1, 1, 2, 2])
    for spec in specs {
      let expected = try run(spec, in: "\(alone.path)/\(spec.name)")
      let report = try Report(
        json: String(decoding: bytes("\(together.path)/\(spec.name)/report.json"), as: UTF8.self))
      #expect(report.deterministicJSON() == expected.deterministicJSON())
      for variant in Variant.allCases {
        let other = try model("\(alone.path)/\(spec.name)", spec.name, variant)
        #expect(
          try TensorBytes(model(together.path, spec.name, variant)) == TensorBytes(other),
          "\(spec.name) \(variant)")
      }
    }
  }

  @Test("has each experiment once, also where a file is given twice, which is an error")
  func givenTwice() {
    let file = repository + "/experiments/digits.yaml"
    let loaded = ExperimentLoading.load([file, file], overrides: [])
    #expect(loaded.specs.map(\.name) == ["digits"])
    #expect(loaded.diagnostics.map(\.message) == ["the file is given twice"])
  }

  @Test("has no name twice; a file that takes it from another one is asked for its own, in any order")
  func takenNames() throws {
    let text = try String(decoding: bytes(repository + "/experiments/digits.yaml"), as: UTF8.self)
    let folder = try TemporaryFolder(texts: [
      "a.yaml": text, "b.yaml": "extends: a.yaml\n", "c.yaml": "extends: b.yaml\n", "d.yaml": text,
    ])
    func errors(_ names: String...) -> [String] {
      ExperimentLoading.load(names.map { "\(folder.path)/\($0)" }, overrides: []).diagnostics.map {
        "\($0)".replacing("\(folder.path)/", with: "")
      }
    }
    func taken(by file: String, as other: String, _ place: String) -> String {
      "\(file):1:1: name: takes the name `digits` from \(place); results would mix with those of \(other);"
        + " give it a name of its own"
    }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let line = 1 + (try #require(lines.firstIndex { $0.hasPrefix("name: ") }))
    let name = "a.yaml:\(line):7"
    #expect(errors("b.yaml", "a.yaml") == [taken(by: "b.yaml", as: "a.yaml", name)])
    #expect(errors("a.yaml", "b.yaml") == [taken(by: "b.yaml", as: "a.yaml", name)])
    #expect(errors("b.yaml", "c.yaml") == [taken(by: "c.yaml", as: "b.yaml", name)])
    #expect(
      errors("a.yaml", "d.yaml") == [
        "d.yaml:\(line):7: name: \(name) names its experiment `digits` too; results would mix"
      ])
  }

  @Test("does again what a change concerns, and nothing else")
  func invalidation() throws {
    let folder = try TemporaryFolder()
    #expect(try trained(runAll(criteria(), in: folder.path)) == [2, 1])
    #expect(try trained(runAll(criteria(), in: folder.path)) == [0, 0])
    let words = ["description=words", "evaluate.latency={batch_sizes: [1]}", "expect=null"]
    #expect(try trained(runAll(criteria(["l1_norm", "random"], words), in: folder.path)) == [0, 0])
    // The second alone is augmented, so that it needs another baseline, too.
    let flipped = try [
      criteria(["l1_norm"])[0], criteria(["random"], ["dataset.augment.horizontal_flip=true"])[0],
    ]
    #expect(try trained(runAll(flipped, in: folder.path)) == [0, 2])
    #expect(try trained(runAll(criteria(["random"], ["prune.ratio=0.3"]), in: folder.path)) == [1])
  }

  @Test("gives the same bytes for any number of jobs")
  func jobs() throws {
    let (one, three) = (try TemporaryFolder(), try TemporaryFolder())
    let specs = try criteria(["feature_relevance", "l1_norm", "random"])
    let expected = try runAll(specs, in: one.path)
    let told = Mutex<[String]>([])
    let found = try runAll(specs, in: three.path, jobs: 3) { outcome in
      told.withLock { $0.append(outcome.spec.name) }
    }
    #expect(told.withLock { $0.sorted() } == specs.map(\.name))
    for (first, second) in zip(expected, found) {
      #expect(try first.result.get().deterministicJSON() == second.result.get().deterministicJSON())
      for variant in Variant.allCases {
        let name = first.spec.name
        #expect(try model(one.path, name, variant) == model(three.path, name, variant), "\(name) \(variant)")
      }
    }
  }

  @Test("goes on after an experiment that fails, unless it shall not")
  func failure() throws {
    let bad = try digits(["name=bad", "train.optimizer.learning_rate=1.0e+30"])
    let specs = [bad] + (try criteria(["l1_norm"]))
    let (going, stopping) = (try TemporaryFolder(), try TemporaryFolder())
    let outcomes = try runAll(specs, in: going.path)
    #expect(outcomes.map { $0.failure == nil } == [false, true])
    let text = SuiteSummary(outcomes).text()
    #expect(text.contains("1 of 2 experiments done; failed: bad"))
    let stopped = try runAll(specs, in: stopping.path, failFast: true)
    #expect(stopped.map { $0.failure?.isInterruption } == [false, true])
  }

  @Test("keeps the folder of a failed experiment locked while another of its trainings goes on")
  func lockedUntilIdle() throws {
    let folder = try TemporaryFolder()
    let spec = try digits(["seeds=[0, 1]", "prune=null", "expect=null"])
    var preparation = ExperimentPreparation(kernels: try Engine(threads: 1).kernels)
    let prepared = try preparation.prepare(spec)
    let state = ResultFolders(results: folder.path, experiment: spec.name).state
    let schedule = SuiteSchedule(
      [spec], prepared: [.success(prepared)], cache: StageCache(results: folder.path)
    ) { _, _ in }
    for stage in prepared.stages {
      guard case .train(let next, _, let index)? = schedule.next() else {
        Issue.record("expected a training")
        return
      }
      #expect(next.key == stage.key)
      let isOpen = try schedule.begin(index, for: next) { _ throws(RunError) in try FolderLock(state) }
      #expect(isOpen)
    }
    schedule.failed(prepared.stages[0], .storage("full"))
    let error = #expect(throws: RunError.self) { try FolderLock(state) }
    #expect(error?.isInUse == true)
    schedule.finished(prepared.stages[1], trained: true)
    #expect(throws: Never.self) { try FolderLock(state) }
    withExtendedLifetime(schedule) {}
  }

  @Test("does other trainings first while another run has one, then waits for it")
  func busy() throws {
    let folder = try TemporaryFolder()
    let specs = try criteria(["l1_norm"])
    try runAll(specs, in: folder.path)
    let baseline = try stageFolder(folder.path, experiment: "l1_norm", variant: .baseline)
    let pruned = try stageFolder(folder.path, experiment: "l1_norm", variant: .pruned)
    for folder in [baseline, pruned] { CheckpointStore(folder: folder).clear() }
    var lock: FolderLock? = try FolderLock(baseline)
    let outcomes = Mutex<Result<[ExperimentOutcome], any Error>?>(nil)
    Thread.detachNewThread { [path = folder.path] in
      let found = Result { try runAll(specs, in: path) }
      outcomes.withLock { $0 = found }
    }
    try wait { CheckpointStore(folder: pruned).newestEpoch == 3 || outcomes.withLock { $0 != nil } }
    #expect(CheckpointStore(folder: baseline).newestEpoch == nil)
    #expect(outcomes.withLock { $0 == nil })
    withExtendedLifetime(lock) {}
    lock = nil
    try wait { outcomes.withLock { $0 != nil } }
    let found = try #require(outcomes.withLock { $0 }).get()
    #expect(trained(found) == [2])
  }

  @Test("resumes another experiment's unfinished training")
  func partial() throws {
    let folder = try TemporaryFolder()
    let first = try runAll(criteria(["l1_norm"]), in: folder.path)
    let store = CheckpointStore(
      folder: try stageFolder(folder.path, experiment: "l1_norm", variant: .baseline))
    try FileManager.default.removeItem(atPath: store.folder + "/checkpoint-3-0.safetensors")
    let second = try runAll(criteria(["random"]), in: folder.path)
    func seconds(_ outcomes: [ExperimentOutcome]) throws -> [Double] {
      try outcomes[0].result.get().timing.runs[0].epochs.map(\.trainSeconds)
    }
    #expect(try seconds(first).prefix(2) == seconds(second).prefix(2))
    #expect(try seconds(first)[2] != seconds(second)[2])
    #expect(trained(second) == [2])
  }

  @Test("does a training again of which nothing is whole")
  func damaged() throws {
    let folder = try TemporaryFolder()
    let specs = try criteria(["l1_norm"])
    let expected = try runAll(specs, in: folder.path)[0].result.get()
    let cached = try stageFolder(folder.path, experiment: "l1_norm", variant: .pruned)
    for name in try FileManager.default.contentsOfDirectory(atPath: cached)
    where name.hasSuffix(".safetensors") {
      try Data("damaged".utf8).write(to: URL(fileURLWithPath: "\(cached)/\(name)"))
    }
    let again = try runAll(specs, in: folder.path)
    #expect(trained(again) == [1])
    #expect(try again[0].result.get().deterministicJSON() == expected.deterministicJSON())
  }
}

/// The tensors of a model file, without the metadata that names its experiment.
private struct TensorBytes: Equatable {
  let bytes: Data

  init(_ file: Data) {
    let length = file.prefix(8).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    bytes = Data(file.dropFirst(8 + length))
  }
}
