import Compute
import Foundation
import Network
import Reports
import Testing

@testable import Experiments

@Suite("Finishing an experiment")
struct FinishingTests {
  private func finishing(
    in folder: TemporaryFolder, progress: ProgressPrinter = .silent
  ) throws -> ExperimentFinishing {
    let spec = try digits(["prune=null", "expect=null"])
    let engine = try Engine(threads: 1)
    var preparation = ExperimentPreparation(kernels: engine.kernels)
    return ExperimentFinishing(
      experiment: try preparation.prepare(spec), engine: engine, cache: StageCache(results: folder.path),
      folders: ResultFolders(results: folder.path, experiment: spec.name), ownsProcess: false, commit: nil,
      ranks: 1, interruption: Interruption(), announce: { _ in }, printer: { _ in progress })
  }

  @Test("trains once more if the training that it repeats is removed meanwhile")
  func removed() throws {
    let folder = try TemporaryFolder()
    let cache = StageCache(results: folder.path).folder
    let shown = ShownLines()
    let progress = shown.printer(afterEpoch: 1) { try? FileManager.default.removeItem(atPath: cache) }
    let report = try finishing(in: folder, progress: progress).run()
    #expect(report.runs.map(\.history.count) == [3])
    #expect(shown.count("epoch_ended") == 4)
  }

  @Test("keeps the sizes of a network for the report, but not the network")
  func networks() throws {
    let folder = try TemporaryFolder()
    let finishing = try finishing(in: folder)
    let experiment = finishing.experiment
    var outcome = VariantTraining.Outcome(
      network: try experiment.spec.build(seed: 0, engine: finishing.engine), record: TrainingRecord(),
      trainedEpochs: 0)
    let finished = try finishing.finish(outcome, try #require(experiment.stages.first))
    #expect(finished.structure.cost == outcome.network.cost())
    let isFree = isKnownUniquelyReferenced(&outcome.network)
    #expect(isFree)
    withExtendedLifetime(finished) {}
  }
}
