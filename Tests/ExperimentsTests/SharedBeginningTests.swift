import Compute
import Foundation
import Reports
import Specification
import Testing
import Training

@testable import Experiments

/// Up to its first pruning step a pruned training is its baseline, and begins with what that has
/// left.
@Suite("Shared beginnings")
struct SharedBeginningTests {
  /// Experiments with one baseline and first steps after epochs 2, 2, 1 and 5, the last of them in
  /// one shot.
  private func specs(_ overrides: [String] = []) throws -> [ExperimentSpec] {
    let variations = [
      ("l1", "prune={criterion: l1_norm, ratio: 0.4, interval: 2, until: 4}"),
      ("random", "prune={criterion: random, ratio: 0.4, interval: 2, until: 4}"),
      ("stream", "prune={criterion: l1_norm, ratio: 0.3, interval: 1, until: 3, scope: stream}"),
      (
        "late",
        "prune={criterion: l1_norm, ratio: 0.4, schedule: one_shot, fine_tune: {epochs: 1, learning_rate: 0.01}}"
      ),
    ]
    return try variations.map { try digits(["train.epochs=5", "name=\($0.0)", $0.1] + overrides) }
  }

  private func runAll(
    _ specs: [ExperimentSpec], in folder: TemporaryFolder, jobs: Int = 1, fresh: Bool = false
  ) throws -> [Report] {
    try ExperimentRunner(
      engines: (0..<jobs).map { _ in try Engine(threads: 1) }, results: folder.path, fresh: fresh,
      progress: .silent, interruption: Interruption()
    ).run(specs).map { try $0.result.get() }
  }

  /// Of the pruned training of each report's first seed.
  private func shared(_ reports: [Report]) -> [Int?] {
    reports.map { $0.timing.runs.first { $0.variant == "pruned" }?.sharedEpochs }
  }

  private func seconds(_ report: Report, _ variant: String) throws -> [Double] {
    try #require(report.timing.runs.first { $0.variant == variant }).epochs.map(\.trainSeconds)
  }

  /// Removes the trainings of the pruned networks.
  private func forgetPruned(_ specs: [ExperimentSpec], in folder: TemporaryFolder) throws {
    for spec in specs {
      try FileManager.default.removeItem(
        atPath: stageFolder(folder.path, experiment: spec.name, variant: .pruned))
    }
  }

  private func beginnings(_ folder: TemporaryFolder) throws -> [CacheEntry] {
    try CacheListing(results: folder.path).entries.filter { $0.stage.hasSuffix("shared beginning") }
  }

  @Test(
    "give every training the bytes that it has alone, one at a time and side by side",
    arguments: [(1, "evaluate.every=1"), (3, "evaluate.every=2")])
  func sameBytes(_ jobs: Int, _ override: String) throws {
    let folder = try TemporaryFolder()
    let specs = try specs(["seeds=[0, 1]", override])
    let reports = try runAll(specs, in: folder, jobs: jobs)
    #expect(shared(reports) == [2, 2, 1, 5])
    var preparation = ExperimentPreparation(kernels: try Engine(threads: 1).kernels)
    for (spec, report) in zip(specs, reports) {
      let prepared = try preparation.prepare(spec)
      for (stage, run) in zip(prepared.stages, report.runs) {
        let alone = try TemporaryFolder()
        defer { withExtendedLifetime(alone) {} }
        let outcome = try VariantTraining(
          stage: stage, data: prepared.data, engine: Engine(threads: 1),
          checkpoints: CheckpointStore(folder: alone.path), interruption: Interruption(), progress: .silent
        ).run(fresh: false)
        #expect(outcome.record.sharedEpochs == nil)
        #expect(outcome.record.epochs.map { $0.report(withoutChannels: 0, metrics: ["top1"]) } == run.history)
        #expect(outcome.record.pruningSteps.map(\.removed) == run.pruningSteps.map(\.removed))
        let path =
          "\(folder.path)/\(spec.name)/seed-\(stage.seed)/\(stage.variant.rawValue)/model.safetensors"
        let model = try spec.network(weights: path, engine: Engine(threads: 1))
        #expect(model.tensors == outcome.network.tensors, "\(spec.name) \(stage.variant) \(stage.seed)")
      }
    }
    // Of each seed those after epochs 1 and 2; the end of a baseline is its own checkpoint.
    #expect(try beginnings(folder).map(\.epochsDone).sorted() == [1, 1, 2, 2])
  }

  @Test("count as if trained alone, with the baseline's times; what was spent is beside it")
  func cost() throws {
    let report = try runAll([specs()[0]], in: TemporaryFolder())[0]
    let (baseline, pruned) = (try seconds(report, "baseline"), try seconds(report, "pruned"))
    #expect(pruned.prefix(2) == baseline.prefix(2))
    let cost = report.trainingCost(of: try #require(report.runs.last))
    let (all, spent) = (try #require(cost.seconds), try #require(cost.spentSeconds))
    #expect(abs(all - spent - pruned[0] - pruned[1]) < 1e-9)
    let alone = report.trainingCost(of: report.runs[0])
    #expect(alone.spentSeconds == alone.seconds)
  }

  @Test("that are not there yet when a run is stopped are there when it resumes", arguments: [1, 2])
  func stopped(_ jobs: Int) throws {
    let folder = try TemporaryFolder()
    let specs = try specs()
    // Three steps of the baseline are all that is there.
    let spec = specs[0]
    var preparation = ExperimentPreparation(kernels: try Engine(threads: 1).kernels)
    let prepared = try preparation.prepare(spec)
    let network = try spec.build(seed: 0, engine: Engine(threads: 1))
    let trainer = Trainer(spec.train, dataset: spec.dataset, seed: 0)
    var run = trainer.epochRun(over: prepared.data.train, epoch: 0)
    for _ in 1...3 { #expect(try run.step(network)) }
    var record = TrainingRecord()
    record.current = TrainingRecord.PartialEpoch(progress: run.progress)
    let key = prepared.stages[0].key
    try StageCache(results: folder.path).checkpoints(key).save(network, key: key, record: record)
    let reports = try runAll(specs, in: folder, jobs: jobs)
    #expect(shared(reports) == [2, 2, 1, 5])
    let expected = try runAll(specs, in: TemporaryFolder())
    #expect(reports.map { $0.deterministicJSON() } == expected.map { $0.deterministicJSON() })
  }

  @Test("that are damaged are passed over, and made whole by the training that does their epochs")
  func damaged() throws {
    let folder = try TemporaryFolder()
    let specs = try specs()
    let expected = try runAll(specs, in: folder)
    try forgetPruned(specs, in: folder)
    for entry in try beginnings(folder) {
      let path = "\(entry.path)/checkpoint-\(try #require(entry.epochs))-0.safetensors"
      try Data(bytes(path).dropLast(9)).write(to: URL(fileURLWithPath: path))
    }
    let reports = try runAll(specs, in: folder)
    // The first is alone, and leaves what the others begin with.
    #expect(shared(reports) == [nil, 2, 1, 5])
    #expect(reports.map { $0.deterministicJSON() } == expected.map { $0.deterministicJSON() })
    try forgetPruned(specs, in: folder)
    #expect(try shared(runAll(specs, in: folder)) == [2, 2, 1, 5])
  }

  @Test("are left by a pruned training, too, where the baseline was trained before they were needed")
  func lateComers() throws {
    let folder = try TemporaryFolder()
    var alone = try specs()[0]
    (alone.name, alone.prune) = ("alone", nil)
    _ = try runAll([alone], in: folder)
    #expect(try beginnings(folder).isEmpty)
    #expect(try shared(runAll(specs(), in: folder)) == [nil, 2, 1, 5])
    // And a baseline begins with what a pruned training has left.
    try FileManager.default.removeItem(atPath: stageFolder(folder.path, experiment: "l1", variant: .baseline))
    let report = try runAll([specs()[0]], in: folder)[0]
    #expect(report.timing.runs[0].sharedEpochs == 2)
  }

  @Test("are done anew where all shall be fresh", arguments: [1, 2])
  func fresh(_ jobs: Int) throws {
    let folder = try TemporaryFolder()
    let specs = try specs()
    let old = try runAll(specs, in: folder)
    let new = try runAll(specs, in: folder, jobs: jobs, fresh: true)
    #expect(shared(new) == [2, 2, 1, 5])
    #expect(try seconds(new[0], "baseline") != seconds(old[0], "baseline"))
    for (report, epochs) in zip(new, [2, 2, 1, 5]) {
      #expect(try seconds(report, "pruned").prefix(epochs) == seconds(report, "baseline").prefix(epochs))
    }
    #expect(new.map { $0.deterministicJSON() } == old.map { $0.deterministicJSON() })
  }

  @Test("are in the plan, before the run and after")
  func plan() throws {
    let folder = try TemporaryFolder()
    let specs = try specs()
    func plan() throws -> SuitePlan {
      try SuitePlan(specs, results: folder.path, engine: Engine(threads: 1), calibrates: false)
    }
    let before = try plan()
    #expect(before.experiments.map { $0.runs.map(\.epochsShared) } == [[0, 2], [0, 2], [0, 1], [0, 5]])
    #expect(before.whole.epochsShared == 10)
    _ = try runAll([specs[0]], in: folder)
    #expect(
      try plan().experiments.map { $0.runs.map(\.epochsShared) } == [[0, 0], [0, 2], [0, 0], [0, 5]])
  }

  @Test("stay in the cache as long as an experiment would begin with them")
  func unused() throws {
    let folder = try TemporaryFolder()
    let specs = try specs()
    _ = try runAll(specs, in: folder)
    func prune() throws -> [String] {
      try CachePruning(results: folder.path, unusedOnly: true, minimumAge: 0, isDry: false).removed.map(
        \.stage)
    }
    #expect(
      try beginnings(folder).map { $0.experiments.sorted() }.sorted { $0.count < $1.count } == [
        ["stream"], ["l1", "random"],
      ])
    #expect(try prune().isEmpty)
    try FileManager.default.removeItem(atPath: folder.path + "/stream")
    #expect(try prune().sorted().map { $0.hasSuffix("shared beginning") } == [true, false])
    #expect(try beginnings(folder).count == 1)
  }
}
