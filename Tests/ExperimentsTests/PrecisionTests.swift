import Compute
import Foundation
import Reports
import Specification
import Testing

@testable import Experiments

@Suite("An experiment in half precision")
struct PrecisionTests {
  private static let overrides = ["train.precision=bfloat16", "evaluate.precision=bfloat16"]

  private func keys(_ overrides: [String] = []) throws -> [StageKey] {
    var preparation = ExperimentPreparation(kernels: .portable)
    return try preparation.prepare(digits(overrides)).stages.map(\.key)
  }

  @Test("has keys of its own, and those of single precision are from before there was another one")
  func stageKeys() throws {
    #expect(try keys() == keys(["train.precision=float32", "evaluate.precision=float32"]))
    #expect(try !yaml(digits()).contains("precision"))
    let all = try [[], [Self.overrides[0]], [Self.overrides[1]], Self.overrides].flatMap { try keys($0) }
    #expect(all.count == 8 && Set(all).count == 8)
    let versions = all.filter { $0.text.contains("\nbfloat16: \(StageKey.bfloat16Version)\n") }
    #expect(versions == Array(all.dropFirst(2)))
  }

  @Test("has keys of its own for instructions of bfloat16, and single precision has not")
  func stageKeysOfKernels() throws {
    func keys(_ kernels: KernelClass, _ overrides: [String]) throws -> [StageKey] {
      let spec = try digits(overrides)
      return ExperimentPreparation.standIns(spec, kernels: kernels).map(\.key)
    }
    for (kernels, single) in [(KernelClass.avx512bf16, KernelClass.avx512), (.neonbf16, .neon)] {
      #expect(try keys(kernels, []) == keys(single, []))
      for override in Self.overrides {
        #expect(try Set(keys(kernels, [override])).isDisjoint(with: keys(single, [override])))
      }
    }
  }

  @Test("is what the report, its table and its page say, and the resolved experiment")
  func report() throws {
    let folder = try TemporaryFolder()
    let spec = try digits(Self.overrides + ["train.epochs=2", "evaluate.latency={batch_sizes: [3]}"])
    let report = try run(spec, in: folder.path)
    #expect(report.spec?["train"]?["precision"] == .string("bfloat16"))
    #expect(report.spec?["evaluate"]?["precision"] == .string("bfloat16"))
    #expect(report.timing.runs.allSatisfy { $0.latency.map(\.batchSize) == [3] })
    let sentence = "activations were stored as bfloat16 in training and bfloat16 in evaluation"
    #expect(report.table(columns: 120).contains("\n\(sentence)"))
    let root = folder.path + "/digits/"
    let page = try String(contentsOfFile: root + "report.html", encoding: .utf8)
    #expect(page.contains(sentence.dropFirst()))
    let again = try ExperimentFile.load(
      root + "experiment.yaml", overrides: [], catalog: .standard, environment: [:])
    #expect(again == spec)
    let evaluation = try ModelEvaluation(
      spec, weights: root + RunnerTests.models[1], engine: Engine(threads: 1))
    #expect(evaluation.text().contains(" on 100 images in bfloat16; "))
    #expect(evaluation.json().contains("\"precision\" : \"bfloat16\""))
    #expect(evaluation.top1 == report.summary.pruned?.top1.mean)
  }

  @Test("trains and evaluates otherwise than in single precision", arguments: overrides)
  func matters(_ override: String) throws {
    let folder = try TemporaryFolder()
    let single = try run(digits(["train.epochs=2"]), in: folder.path)
    let half = try run(digits(["train.epochs=2", override]), in: folder.path)
    func losses(_ report: Report, _ loss: (EpochReport) -> Double?) -> [Double?] {
      report.runs.flatMap(\.history).map(loss)
    }
    let isTrained = override.hasPrefix("train")
    #expect((losses(single, \.trainLoss) != losses(half, \.trainLoss)) == isTrained)
    #expect(losses(single, \.testLoss) != losses(half, \.testLoss))
  }

  @Test(
    "resumes to the same bytes after a stop, on other threads, also in shards",
    arguments: [1, 4], [1, 2])
  func resume(_ threads: Int, _ shards: Int) throws {
    let (straight, resumed) = (try TemporaryFolder(), try TemporaryFolder())
    let spec = try digits(Self.overrides + ["train.epochs=12", "train.shards=\(shards)"])
    let expected = try run(spec, in: straight.path)
    #expect(try runUntilCheckpoint(spec, in: resumed.path) != nil)
    let report = try run(spec, in: resumed.path, threads: threads)
    try expectSameBytes((report, resumed), (expected, straight))
  }

  @Test("needs about half the memory for activations, and the plan shows both")
  func memory() throws {
    let spec = try digits(["train.batch_size=256", "architecture.width=2"])
    let plans = try [spec, digits(["train.batch_size=256", "architecture.width=2", Self.overrides[0]])].map {
      try ExperimentPlan($0, threads: 1)
    }
    #expect(plans[0].precisions.map(\.precision) == ["float32", "bfloat16"])
    #expect(plans[0].precisions.map(\.isSet) == [true, false])
    #expect(plans[1].precisions.map(\.isSet) == [false, true])
    let (single, half) = (plans[0].trainingMemoryMib, plans[1].trainingMemoryMib)
    for plan in plans { #expect(plan.precisions.map(\.trainingMemoryMib) == [single, half]) }
    #expect(half < single && 2 * half > single)
    let graph = try spec.structure().graph
    let memory = Precision.allCases.map { graph.trainingMemory(precision: $0) }
    #expect(memory[0].parameters == memory[1].parameters)
    let ofAnImage = memory.map { $0.bytes(images: 2) - $0.bytes(images: 1) }
    #expect(ofAnImage[1] > ofAnImage[0] / 2 && ofAnImage[1] < 0.55 * ofAnImage[0])
  }

  @Test("has a predicted time beside that of single precision in the plan of one experiment")
  func prediction() throws {
    let folder = try TemporaryFolder()
    let engine = try Engine(threads: 1)
    let one = try SuitePlan([digits()], results: folder.path, engine: engine, calibrates: true)
    let seconds = one.experiments[0].precisions.compactMap(\.predictedSeconds)
    #expect(seconds.count == 2 && seconds.allSatisfy { $0 > 0 })
    let total = try #require(one.experiments[0].predictedSeconds)
    #expect(abs(seconds[0] - total) < 1e-9 * total)
    #expect(one.text(layers: false).contains("\nfloat32, as set "))
    let specs = try ["a", "b"].map { try digits(["name=\($0)"]) }
    let several = try SuitePlan(specs, results: folder.path, engine: engine, calibrates: true)
    #expect(several.experiments.flatMap(\.precisions).allSatisfy { $0.predictedSeconds == nil })
  }

  @Test("is part of a training's description in the cache, as is that of its evaluation")
  func description() throws {
    let (trained, evaluated) = (" in bfloat16", ", evaluated in bfloat16")
    let cases = [
      ([], ""), ([Self.overrides[0]], trained), ([Self.overrides[1]], evaluated),
      (Self.overrides, trained + evaluated),
    ]
    for (overrides, words) in cases {
      let spec = try digits(overrides)
      let stages = ExperimentPreparation.standIns(spec, kernels: .portable)
      #expect(stages.count == 2 && stages.allSatisfy { $0.summary.contains(" on digits\(words), 3 epochs") })
    }
  }
}
