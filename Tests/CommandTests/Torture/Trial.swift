import Foundation
import Reports
import TestSupport

/// A small experiment with pruning steps in a folder of its own, and what its results should be.
final class Trial {
  static let experiment = """
    format: 1
    name: trial
    dataset: {name: digits, train_limit: 300, test_limit: 100}
    architecture: {name: resnet, depth: 8, width: 0.25}
    train: {epochs: 4, batch_size: 30, schedule: {name: cosine, warmup_epochs: 1}}
    prune: {ratio: 0.4, interval: 1, until: 3}

    """

  private let temporary: TemporaryFolder
  var folder: URL { temporary.url }

  init(epochs: Int = 4) throws {
    let text = Self.experiment.replacing("epochs: 4", with: "epochs: \(epochs)")
    temporary = try TemporaryFolder(texts: ["trial.yaml": text])
    try FileManager.default.createDirectory(at: results, withIntermediateDirectories: true)
  }

  var results: URL { folder.appendingPathComponent("results") }

  /// - Parameters:
  ///   - interval: seconds between checkpoints within an epoch.
  private func arguments(threads: Int, interval: Double) -> [String] {
    [
      "run", "trial.yaml", "--progress", "plain", "--threads", "\(threads)", "--checkpoint-interval",
      "\(interval)",
    ]
  }

  func start(threads: Int = 2, interval: Double = 0) throws -> StartedCommand {
    try StartedCommand(arguments(threads: threads, interval: interval), in: folder)
  }

  func run(threads: Int = 2, interval: Double = 1000) throws -> Command.Result {
    try Command.run(arguments(threads: threads, interval: interval), in: folder)
  }

  /// Starts, and stops by signals as soon as a training has two checkpoints; requires that it says
  /// that the state is saved.
  ///
  /// - Returns: the two, the older first.
  func runUntilTwoCheckpoints(signals: [Int32] = [SIGTERM], interval: Double = 0) throws -> [URL] {
    let command = try start(interval: interval)
    let isThere = try command.waits { checkpoints().count >= 2 }
    signals.forEach(command.send)
    let result = try command.end()
    try require(isThere && result.status == 130, "it ended with \(result.status): \(result.errors)")
    try require(result.errors.contains("interrupted; the state is saved"), result.errors)
    return checkpoints()
  }

  // MARK: What is there

  /// Files below the results, by path; none where there are no results.
  private func files() -> [String] {
    ((try? FileManager.default.subpathsOfDirectory(atPath: results.path)) ?? []).sorted()
  }

  /// The checkpoints of the training that has the most, the oldest first.
  func checkpoints() -> [URL] {
    let names = files().filter { $0.hasPrefix(".cache/") && $0.hasSuffix(".safetensors") }
    let trainings = Dictionary(grouping: names) { $0.split(separator: "/")[1] }
    let most = trainings.values.max { $0.count < $1.count } ?? []
    return most.sorted(by: Self.isEarlier).map(results.appendingPathComponent)
  }

  /// Whether there are two checkpoints where `saved` are, none of them older.
  func hasKept(_ saved: [URL]) throws -> Bool {
    let folder = saved[0].deletingLastPathComponent()
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".safetensors") && !Self.isEarlier($0, than: saved[0].lastPathComponent) }
    return names.count == 2
  }

  /// By the numbers of epoch and step.
  private static func isEarlier(_ name: String, than other: String) -> Bool {
    name.compare(other, options: .numeric) == .orderedAscending
  }

  /// A training has been begun.
  var hasStarted: Bool { files().contains { $0.hasPrefix(".cache/") } }

  /// A write was under way when the program was killed.
  var hasLeftovers: Bool { files().contains { $0.hasSuffix(".espalier-tmp") } }

  /// What a trial leaves that nothing disturbs.
  static func undisturbedOutcome(epochs: Int = 4) throws -> [String: Data] {
    let trial = try Trial(epochs: epochs)
    let result = try trial.run()
    try require(result.status == 0, result.errors)
    return try trial.outcome()
  }

  /// Everything that must not depend on what happened on the way, by name.
  func outcome() throws -> [String: Data] {
    let names = files().filter {
      !$0.hasPrefix(".cache/")
        && ($0.hasSuffix(".safetensors") || $0.hasSuffix(".yaml") || $0.hasSuffix("layers.csv"))
    }
    var outcome = try Dictionary(
      uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: results.appendingPathComponent($0))) })
    let report = try String(contentsOf: results.appendingPathComponent("trial/report.json"), encoding: .utf8)
    outcome["report.json"] = Data(try Report(json: report).deterministicJSON().utf8)
    return outcome
  }

  /// Goes on to the end, and compares.
  ///
  /// - Returns: what was said on standard error.
  @discardableResult
  func finish(_ expected: [String: Data], threads: Int = 2) throws -> String {
    let result = try run(threads: threads)
    try require(result.status == 0, "going on ended with \(result.status): \(result.errors)")
    let found = try outcome()
    try require(found.keys.sorted() == expected.keys.sorted(), "other files: \(found.keys.sorted())")
    for (name, data) in expected { try require(found[name] == data, "\(name) is another") }
    try require(!hasLeftovers, "temporary files are left")
    return result.errors
  }
}

struct Failure: Error, CustomStringConvertible {
  let description: String
}

func require(_ condition: Bool, _ problem: @autoclosure () -> String) throws {
  guard condition else { throw Failure(description: problem()) }
}
