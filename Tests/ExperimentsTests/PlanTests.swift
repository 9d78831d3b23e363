import Compute
import Foundation
import Network
import Reports
import Specification
import Testing

@testable import Experiments

@Suite("A plan")
struct PlanTests {
  private func plan(_ specs: [ExperimentSpec], _ folder: TemporaryFolder, calibrates: Bool = false) throws
    -> SuitePlan
  {
    try SuitePlan(specs, results: folder.path, engine: Engine(threads: 1), calibrates: calibrates)
  }

  private func specs() throws -> [ExperimentSpec] {
    try ["l1_norm", "random"].map { try digits(["name=\($0)", "prune.criterion=\($0)", "seeds=[0, 1]"]) }
  }

  @Test("counts trainings with and without sharing, and says who shares them")
  func sharing() throws {
    let plan = try plan(specs(), TemporaryFolder())
    #expect(plan.whole.trainingsWithoutSharing == 8)
    #expect(plan.whole.trainings == 6)
    #expect(plan.whole.trainingsToDo == 6)
    for run in plan.experiments.flatMap(\.runs) {
      #expect(run.sharedWith.isEmpty == (run.variant == .pruned))
      #expect(!run.cached && run.epochsDone == 0)
    }
    #expect(plan.experiments[0].runs[0].sharedWith == ["random"])
    #expect(plan.experiments.allSatisfy { $0.predictedSeconds == nil && $0.whole.predictedSeconds == nil })
  }

  @Test("knows what is cached")
  func cached() throws {
    let folder = try TemporaryFolder()
    try run(specs()[0], in: folder.path)
    let plan = try plan(specs(), folder)
    #expect(plan.experiments[0].runs.allSatisfy { $0.cached && $0.epochsDone == 3 })
    #expect(plan.experiments[1].runs.map(\.cached) == [true, false, true, false])
    #expect(plan.whole.trainingsCached == 4)
    #expect(plan.whole.trainingsToDo == 2)
    #expect(
      plan.text(layers: false).contains("2 trainings to do; 8 without sharing and cache (2 shared, 4 cached)")
    )
  }

  @Test("counts each cached training in the row of the first experiment that has it, like the total")
  func rows() throws {
    let folder = try TemporaryFolder()
    try run(specs()[0], in: folder.path)
    let lines = try plan(specs(), folder).text(layers: false, columns: 200).split(separator: "\n")
    func numbers(_ name: String) -> [Substring] {
      Array((lines.first { $0.hasPrefix(name) } ?? "").split(separator: " ").suffix(4))
    }
    // To train, shared, cached, and no time.
    #expect(numbers("l1_norm") == ["0", "0", "4", "-"])
    #expect(numbers("random") == ["2", "2", "0", "-"])
  }

  @Test("predicts the trainings that are to do, once, by steps that leave no trace")
  func prediction() throws {
    let folder = try TemporaryFolder()
    let all = try plan(specs(), folder, calibrates: true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    let seconds = try #require(all.whole.predictedSeconds)
    let parts = all.experiments.flatMap(\.runs).compactMap(\.predictedSeconds)
    #expect(parts.count == 8)
    #expect(seconds >= parts.reduce(0, +))
    #expect(all.experiments[1].runs[0].predictedSeconds == 0)
    #expect(parts.filter { $0 > 0 }.count == 6)
    #expect(try #require(all.whole.predictedPeakMib) > 1)
    try run(specs()[0], in: folder.path)
    try run(specs()[1], in: folder.path)
    #expect(try plan(specs(), folder, calibrates: true).experiments.map(\.predictedSeconds) == [0, 0])
  }

  @Test("predicts times where the data is not there, with random images of its shape, and says so")
  func withoutData() throws {
    let folder = try TemporaryFolder()
    let spec = try digits([
      "dataset={name: cifar10, path: \(folder.path)/none, train_limit: 100}", "dataset.test_limit=50",
    ])
    let plan = try plan([spec], folder, calibrates: true)
    #expect(plan.experiments[0].runs.allSatisfy { ($0.predictedSeconds ?? 0) > 0 })
    #expect(try #require(plan.whole.predictedSeconds) > 0)
    #expect(plan.warnings.count == 1)
    #expect(
      plan.warnings[0].hasPrefix(
        "what is cached is not known, and times are measured with random images: \(folder.path)/none"))
    let folderOfPictures = try digits([
      "dataset={name: image-folder, path: \(folder.path)/none}", "architecture.classes=3",
    ])
    let unknown = try self.plan([folderOfPictures], folder, calibrates: true)
    #expect(unknown.whole.predictedSeconds == nil)
    #expect(unknown.warnings[0].hasPrefix("what is cached and how long it takes is not known: "))
  }

  @Test("a suite's time left follows what was done, at the speed of this run")
  func timeLeft() throws {
    let engine = try Engine(threads: 1)
    let folder = try TemporaryFolder()
    var preparation = ExperimentPreparation(kernels: engine.kernels)
    let experiments = try specs().map { try preparation.prepare($0) }
    var seen: Set<StageKey> = []
    let stages = experiments.flatMap(\.stages).filter { seen.insert($0.key).inserted }
    let data = Dictionary(stages.map { ($0.key, experiments[0].data) }) { first, _ in first }
    let forecast = SuiteForecast(stages, data: data, cache: StageCache(results: folder.path))
    let start = ContinuousClock.now
    #expect(
      forecast.begin(stages[0].key, epochs: 0) == SuiteProgress(training: 1, trainings: 6, secondsToGo: nil))
    while ContinuousClock.now - start < .milliseconds(600) {}
    let first = try #require(forecast.advance(stages[0].key, epochs: 1)?.secondsToGo)
    // One of the two baselines' six epochs took that long; the pruned trainings come to them.
    #expect(first > 0.6 * 5)
    let second = try #require(forecast.begin(stages[1].key, epochs: 0))
    #expect(second.training == 2)
    for stage in stages { _ = forecast.begin(stage.key, epochs: 0) }
    let last = stages.compactMap { forecast.advance($0.key, epochs: $0.epochs) }.last
    #expect(try #require(last?.secondsToGo) < 0.001)
  }

  /// 250 channels after epochs 9, 18, ... 45, as in arXiv 2002.09958.
  @Test(
    "of the paper's ResNet-34 on ImageNet shows its parameters, MACs and steps",
    arguments: PruneSpec.Scope.allCases)
  func imagenet(_ scope: PruneSpec.Scope) throws {
    var spec = try digits()
    spec.architecture = ArchitectureSpec(
      name: "resnet34", depth: 34, block: .basic, input: [3, 224, 224], classes: 1000)
    spec.train.epochs = 90
    spec.prune = PruneSpec(target: .channelsPerStep(250), interval: 9, until: 50, scope: scope)
    let plan = try ExperimentPlan(spec, threads: 1)
    #expect(plan.parameters == 21_797_672 && plan.macs == 3_663_761_408)
    #expect(plan.prunableChannels == 7552)
    #expect(plan.pruningSteps.map(\.epoch) == [9, 18, 27, 36, 45])
    for (index, step) in plan.pruningSteps.enumerated() {
      #expect(abs(step.channels - (7552 - 250 * (index + 1))) <= (scope == .block ? 0 : 5))
    }
    let costs = [plan.macs] + plan.pruningSteps.map(\.macs)
    #expect(zip(costs, costs.dropFirst()).allSatisfy { $0 > $1 })
  }

  @Test("is longer for more epochs, in proportion, and shorter for a pruned network's later ones")
  func forecast() throws {
    let spec = try digits(["train.epochs=10", "prune.until=2"])
    let engine = try Engine(threads: 1)
    var preparation = ExperimentPreparation(kernels: engine.kernels)
    let data = try preparation.prepare(spec).data
    let widths = try ExperimentPlan(spec, threads: 1).widths
    #expect(widths.map(\.epoch) == [0, 1, 2])
    let forecast = try TrainingForecast(
      spec, data, widths: widths, calibration: Calibration(engine: engine, results: "none"), engine: engine)
    func cost(_ variant: Variant, _ done: Int, trained: Int = 0) throws -> Double {
      try #require(forecast.cost(variant, after: done, trained: trained))
    }
    let (whole, half) = (try cost(.baseline, 0), try cost(.baseline, 5))
    #expect(abs(half - whole / 2) < 1e-9 * whole)
    #expect(try cost(.baseline, 10) == 0)
    #expect(try cost(.pruned, 0) > cost(.pruned, 2))
    #expect(try cost(.pruned, 0, trained: 1) < cost(.pruned, 0))
    #expect(try cost(.pruned, 0, trained: 1) > cost(.pruned, 1))
  }

  @Test("counts no channel as prunable that is excluded, nor do reports")
  func excluded() throws {
    let overrides = ["prune.exclude=[layer1.*]", "prune.criterion=l1_norm"]
    let (all, some) = (
      try ExperimentPlan(digits(), threads: 1), try ExperimentPlan(digits(overrides), threads: 1)
    )
    let excluded = all.layers.filter { $0.prunable && $0.name.hasPrefix("layer1.") }
    let left = all.prunableChannels - excluded.map(\.channels).reduce(0, +)
    #expect(!excluded.isEmpty && some.prunableChannels == left)
    #expect(
      some.layers.filter(\.prunable).map(\.name)
        == all.layers.filter { $0.prunable && !$0.name.hasPrefix("layer1.") }.map(\.name))
    let folder = try TemporaryFolder()
    let report = try run(digits(overrides), in: folder.path)
    let (baseline, pruned) = (report.runs[0], report.runs[1])
    #expect(baseline.channels == left && baseline.history.allSatisfy { $0.channels == left })
    #expect(pruned.channels == left - Int((0.4 * Double(left)).rounded()))
    #expect(pruned.pruningSteps.last?.channels == pruned.channels)
    #expect(pruned.history.last?.channels == pruned.channels)
    // The baseline's training is shared with experiments that exclude none.
    #expect(
      try run(digits(["prune.criterion=l1_norm"]), in: folder.path).runs[0].channels == all.prunableChannels)
  }

  @Test("of a pruned model to start from is that of the channels that it has, and so is its memory")
  func prunedStart() throws {
    let folder = try TemporaryFolder()
    let whole = try digits(["train.batch_size=256"])
    let network = try whole.network(engine: Engine(threads: 1))
    network.remove(channels: ["layer3.0.conv1": Set(0..<12), "layer3.0.conv2": Set(0..<12)])
    let path = folder.path + "/pruned.safetensors"
    try network.tensorFile().write(to: path)
    let start = try digits(["train.batch_size=256", "architecture.weights=\(path)"])
    let plan = try ExperimentPlan(start, threads: 1)
    #expect(plan.macs == network.cost().macs && plan.parameters == network.cost().parameters)
    // 24 of 56 channels are more than the target.
    #expect(plan.prunableChannels == 32 && plan.pruningSteps.map(\.channels) == [32, 32])
    let needed = try [start, whole].map { try #require(MemoryCheck.training($0, threads: 1)) }
    #expect(needed[0] < needed[1])
    let missing = try digits(["architecture.weights=\(folder.path)/none.safetensors"])
    #expect(try ExperimentPlan(missing, threads: 1).prunableChannels == 56)
  }

  @Test("says of a network of linear layers alone that it loses nothing; to prune it is an error")
  func linear() throws {
    func load(_ prune: String = "") throws -> ExperimentSpec {
      let text = """
        format: 1
        name: units
        dataset: {name: digits}
        architecture: {layers: [{linear: 32, activation: relu}, {linear: classes}]}
        train: {epochs: 2}
        \(prune)
        """
      return try ExperimentFile.load(
        text: text, file: "units.yaml", overrides: [], catalog: .standard, environment: [:])
    }
    #expect(try !ExperimentPlan(load(), threads: 1).layers.contains(where: \.prunable))
    let error = #expect(throws: SpecificationError.self) { try load("prune: {ratio: 0.4, interval: 1}") }
    #expect(
      error?.description
        == "units.yaml:6:16: prune.ratio: no convolution can lose channels, and linear layers lose units only along with them"
    )
  }
}
