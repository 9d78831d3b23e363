import Compute
import Network
import Reports
import Testing

@testable import Experiments

@Suite("Finishing an experiment")
struct FinishingTests {
  @Test("keeps the sizes of a network for the report, but not the network")
  func networks() throws {
    let folder = try TemporaryFolder()
    let spec = try digits(["prune=null", "expect=null"])
    let engine = try Engine(threads: 1)
    var preparation = ExperimentPreparation(kernels: engine.kernels)
    let experiment = try preparation.prepare(spec)
    let finishing = ExperimentFinishing(
      experiment: experiment, engine: engine, cache: StageCache(results: folder.path),
      folders: ResultFolders(results: folder.path, experiment: spec.name), ownsProcess: false, commit: nil,
      ranks: 1, interruption: Interruption(), announce: { _ in }, printer: { _ in .silent })
    var outcome = VariantTraining.Outcome(
      network: try spec.build(seed: 0, engine: engine), record: TrainingRecord(), trainedEpochs: 0)
    let finished = try finishing.finish(outcome, try #require(experiment.stages.first))
    #expect(finished.structure.cost == outcome.network.cost())
    let isFree = isKnownUniquelyReferenced(&outcome.network)
    #expect(isFree)
    withExtendedLifetime(finished) {}
  }
}
