import Compute
import Foundation
import Reports
import Specification
import Testing

@testable import Experiments

/// The repository's root.
let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().path

/// A folder of its own for a test, gone afterwards.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "espalier-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
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

/// Runs an experiment into a folder.
@discardableResult
func run(
  _ spec: ExperimentSpec, in folder: String, threads: Int = 2, fresh: Bool = false,
  checkpointInterval: Duration = .seconds(120), interruption: Interruption = Interruption()
) throws -> Report {
  let runner = ExperimentRunner(
    engines: [try Engine(threads: threads)], results: folder, fresh: fresh,
    checkpointInterval: checkpointInterval, progress: ProgressPrinter(mode: .none),
    interruption: interruption)
  return try runner.run(spec)
}

/// Bytes of a result file.
func bytes(_ path: String) throws -> Data {
  try Data(contentsOf: URL(fileURLWithPath: path))
}

/// The folder of a training in the stage cache.
func stageFolder(
  _ results: String, experiment: String = "digits", seed: UInt64 = 0, variant: Variant
) throws -> String {
  let uses = try #require(StageUse.all(in: results).first { $0.experiment == experiment }?.uses)
  let key = try #require(uses.first { $0.seed == seed && $0.variant == variant }?.key)
  return "\(results)/.cache/\(key)"
}
