import Compute
import Foundation
import Specification
import Synchronization
import TestSupport
import Testing

@testable import Experiments
@testable import Reports

/// The repository's root.
let repository = Repository.url.path

/// The shared one, for files that do not import it.
typealias TemporaryFolder = TestSupport.TemporaryFolder

extension RunError {
  var isInUse: Bool { if case .inUse = self { true } else { false } }
}

extension ProgressPrinter {
  static let silent = ProgressPrinter(style: .warnings, label: nil, bars: ProgressBars { _ in })
}

/// What runs show, one JSON object per line.
final class ShownLines: Sendable {
  private let text = Mutex("")

  /// How often a text was shown.
  func count(_ part: String) -> Int { text.withLock { $0.components(separatedBy: part).count - 1 } }

  /// - Parameter work: is done when as many epochs as `epoch` have ended.
  func printer(afterEpoch epoch: Int = 0, do work: @escaping @Sendable () -> Void = {}) -> ProgressPrinter {
    let bars = ProgressBars { line in
      self.text.withLock { $0 += line }
      if line.contains("epoch_ended"), self.count("epoch_ended") == epoch { work() }
    }
    return ProgressPrinter(style: .json, label: nil, bars: bars)
  }
}

/// The digits experiment, made shorter still.
func digits(_ overrides: [String] = []) throws -> ExperimentSpec {
  let base = [
    "dataset.train_limit=300", "dataset.test_limit=100", "train.epochs=3", "architecture.width=0.25",
    "train.batch_size=32",
  ]
  return try ExperimentFile.load(
    repository + "/experiments/digits.yaml", overrides: base + overrides, catalog: .standard, environment: [:]
  )
}

extension ExperimentRunner {
  /// Runs one experiment.
  func run(_ spec: ExperimentSpec) throws(RunError) -> Report {
    guard let outcome = run([spec]).first else { throw .storage("no engine to run on") }
    return try outcome.result.get()
  }
}

/// Runs an experiment into a folder.
@discardableResult
func run(
  _ spec: ExperimentSpec, in folder: String, threads: Int = 2, fresh: Bool = false,
  checkpointInterval: Duration = .seconds(120), interruption: Interruption = Interruption()
) throws -> Report {
  let runner = ExperimentRunner(
    engines: [try Engine(threads: threads)], results: folder, fresh: fresh,
    checkpointInterval: checkpointInterval, progress: .silent,
    interruption: interruption)
  return try runner.run(spec)
}

/// That two runs of digits have the same deterministic report and the same models.
func expectSameBytes(
  _ one: (report: Report, folder: TemporaryFolder), _ other: (report: Report, folder: TemporaryFolder),
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  #expect(
    one.report.deterministicJSON() == other.report.deterministicJSON(), sourceLocation: sourceLocation)
  for model in RunnerTests.models {
    let models = try [one, other].map { try bytes($0.folder.path + "/digits/" + model) }
    #expect(models[0] == models[1], "\(model)", sourceLocation: sourceLocation)
  }
}

/// Runs an experiment of many epochs, and stops it after a step that is saved.
func runUntilCheckpoint(_ spec: ExperimentSpec, in folder: String, threads: Int = 1) throws -> RunError? {
  let cache = StageCache(results: folder).folder
  @Sendable func checkpoints() -> Set<String> {
    let paths = (try? FileManager.default.subpathsOfDirectory(atPath: cache)) ?? []
    return Set(paths.filter { $0.hasSuffix(".safetensors") })
  }
  let before = checkpoints()
  let (interruption, isOver) = (Interruption(), Interruption())
  Thread.detachNewThread {
    while !isOver.isRequested {
      if !checkpoints().isSubset(of: before) { interruption.request() }
      Thread.sleep(forTimeInterval: 0.001)
    }
  }
  defer { isOver.request() }
  let engine = try Engine(threads: threads)
  do throws(RunError) {
    _ = try ExperimentRunner(
      engines: [engine], results: folder, checkpointInterval: .zero,
      progress: .silent, interruption: interruption
    ).run(spec)
    return nil
  } catch {
    return error
  }
}

/// Bytes of a result file.
func bytes(_ path: String) throws -> Data {
  try Data(contentsOf: URL(fileURLWithPath: path))
}

/// The folder of a training in the stage cache.
func stageFolder(
  _ results: String, experiment: String = "digits", seed: UInt64 = 0, variant: Variant
) throws -> String {
  let uses = try #require(StageUse.all(in: results).found.first { $0.experiment == experiment }?.uses)
  let key = try #require(uses.first { $0.seed == seed && $0.variant == variant }?.key)
  return "\(results)/.cache/\(key)"
}
