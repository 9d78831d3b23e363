import Compute
import Reports
import Specification
import Testing

@testable import Experiments

@Suite("Pruning in one shot")
struct OneShotTests {
  private static let overrides = [
    "prune.schedule=one_shot", "prune.fine_tune={epochs: 2, learning_rate: 0.01}",
    "prune.criterion=l1_norm",
  ]

  @Test("trains as the baseline does, removes everything at once, and goes on")
  func pipeline() throws {
    let folder = try TemporaryFolder()
    let report = try run(digits(Self.overrides), in: folder.path)
    let baseline = try #require(report.runs.first { $0.variant == "baseline" })
    let pruned = try #require(report.runs.first { $0.variant == "pruned" })
    #expect(baseline.history.count == 3)
    #expect(pruned.history.count == 5)
    #expect(pruned.pruningSteps.map(\.epoch) == [3])
    #expect(pruned.history.prefix(3).map(\.trainLoss) == baseline.history.map(\.trainLoss))
    #expect(pruned.history.suffix(2).map(\.learningRate) == [0.01, 0.01])
    let cost = try #require(report.trainingCost(of: pruned).macs)
    let before = try #require(report.trainingCost(of: baseline).macs)
    #expect(cost > before)
    let listing = try CacheListing(results: folder.path)
    #expect(Set(listing.entries.map(\.progress)) == ["3 of 3 epochs", "5 of 5 epochs"])
    #expect(listing.text().contains("used by digits\n\n2 trainings, "))
  }

  /// A training continues a finished baseline, not an interrupted one, with the same bits as
  /// without one.
  @Test("gives the same whether or not there was a baseline to resume from")
  func sameBytes() throws {
    let (shared, alone) = (try TemporaryFolder(), try TemporaryFolder())
    let spec = try digits(Self.overrides)
    let report = try run(spec, in: shared.path)
    let stage = try #require(
      ExperimentPreparation.stages(
        spec, kernels: Engine(threads: 1).kernels, load: .load(spec.dataset, digest: "d"), weights: nil
      ).last)
    #expect(stage.beginning != nil)
    var preparation = ExperimentPreparation(kernels: try Engine(threads: 1).kernels)
    let training = VariantTraining(
      stage: stage, data: try preparation.prepare(spec).data, engine: try Engine(threads: 1),
      checkpoints: CheckpointStore(folder: alone.path), interruption: Interruption(), progress: .silent)
    let outcome = try training.run(fresh: false)
    let pruned = try #require(report.runs.first { $0.variant == "pruned" })
    #expect(outcome.record.epochs.map { $0.report(withoutChannels: 0, metrics: ["top1"]) } == pruned.history)
    let path = "\(shared.path)/digits/seed-0/pruned/model.safetensors"
    let model = try spec.network(weights: path, engine: Engine(threads: 1))
    #expect(model.tensors == outcome.network.tensors)
  }

  @Test("is trained after its baseline where several are trained side by side")
  func order() throws {
    let folder = try TemporaryFolder()
    let spec = try digits(Self.overrides)
    let runner = ExperimentRunner(
      engines: try (0..<3).map { _ in try Engine(threads: 1) }, results: folder.path,
      progress: .silent, interruption: Interruption())
    let alone = try TemporaryFolder()
    defer { withExtendedLifetime(alone) {} }
    let expected = try run(spec, in: alone.path)
    #expect(try runner.run(spec).deterministicJSON() == expected.deterministicJSON())
  }
}
