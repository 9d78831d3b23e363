import Compute
import Foundation
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
    let plan = try ExperimentPlan(spec, engine: Engine(threads: 1))
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
    let widths = try ExperimentPlan(spec, engine: engine).widths
    #expect(widths.map(\.epoch) == [0, 1, 2])
    let forecast = try TrainingForecast(
      spec, data, widths: widths, calibration: Calibration(engine: engine), engine: engine)
    let (whole, half) = (
      try #require(forecast.cost(.baseline, after: 0)), try #require(forecast.cost(.baseline, after: 5))
    )
    #expect(abs(half - whole / 2) < 1e-9 * whole)
    #expect(forecast.cost(.baseline, after: 10) == 0)
    #expect(
      try #require(forecast.cost(.pruned, after: 0)) > #require(forecast.cost(.pruned, after: 2)))
  }
}
