import Compute
import EventFiles
import Foundation
import Testing

@testable import Experiments
@testable import Reports

@Suite("Scalars for TensorBoard")
struct TensorBoardTests {
  private func logs(_ results: String) throws -> [String: [ScalarEvent]] {
    let folder = results + "/digits/tensorboard"
    let runs = try FileManager.default.contentsOfDirectory(atPath: folder)
    return try Dictionary(
      uniqueKeysWithValues: runs.map { run in
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(run)")
        #expect(names.count == 1, "\(names)")
        return (run, EventFile(path: "\(folder)/\(run)/\(try #require(names.first))").events())
      })
  }

  @Test("hold every epoch of every run as the report has it", arguments: [["top1"], ["top1", "top5"]])
  func contents(_ metrics: [String]) throws {
    let folder = try TemporaryFolder()
    let spec = try digits(["evaluate.metrics=\(metrics)", "prune.exclude=[layer1.*]"])
    let report = try run(spec, in: folder.path)
    let logs = try logs(folder.path)
    #expect(Set(logs.keys) == ["seed-0-baseline", "seed-0-pruned"])
    for run in report.runs {
      let events = try #require(logs["seed-0-\(run.variant)"])
      #expect(events.map(\.step) == run.history.map(\.epoch))
      for (event, epoch) in zip(events, run.history) {
        let values = Dictionary(uniqueKeysWithValues: event.values.map { ($0.tag, $0.value) })
        #expect(values["loss/train"] == Float(epoch.trainLoss))
        #expect(values["top1/test"] == epoch.testTop1.map { Float($0) })
        #expect(values["top5/test"] == epoch.testTop5.map { Float($0) })
        #expect((epoch.testTop5 != nil) == metrics.contains("top5"))
        #expect(values["network/channels"] == Float(epoch.channels))
        #expect(values["network/macs"] == Float(epoch.macs))
        #expect((values["training/images_per_s"] ?? 0) > 0)
      }
      #expect(zip(events, events.dropFirst()).allSatisfy { $0.wallTime <= $1.wallTime })
    }
  }

  @Test("have each epoch once after a run that was interrupted, and after one that began anew")
  func resumed() throws {
    let folder = try TemporaryFolder()
    let interruption = Interruption()
    let bars = ProgressBars { text in if text.contains("epoch 3/8") { interruption.request() } }
    let runner = ExperimentRunner(
      engines: [try Engine(threads: 2)], results: folder.path,
      progress: ProgressPrinter(style: .plain, label: nil, bars: bars), interruption: interruption)
    let spec = try digits(["train.epochs=8", "prune.until=4"])
    let error = #expect(throws: RunError.self) { try runner.run(spec) }
    #expect(error?.isInterruption == true && !EventFile.isMissing(in: folder.path))
    for fresh in [false, true] {
      try run(spec, in: folder.path, fresh: fresh)
      for events in try logs(folder.path).values { #expect(events.map(\.step) == Array(1...8)) }
    }
    // Another training takes the place of this one.
    try run(digits(["train.epochs=2", "prune.until=1"]), in: folder.path)
    for events in try logs(folder.path).values { #expect(events.map(\.step) == [1, 2]) }
  }

  @Test("are there for experiments whose trainings another one has done")
  func shared() throws {
    let folder = try TemporaryFolder()
    try run(digits(), in: folder.path)
    let before = try logs(folder.path)
    try FileManager.default.removeItem(atPath: folder.path + "/digits")
    try run(digits(), in: folder.path)
    let after = try logs(folder.path)
    #expect(after.mapValues { $0.map(\.values) } == before.mapValues { $0.map(\.values) })
  }
}

extension EventFile {
  /// Whether no run of the experiment has written an epoch yet.
  fileprivate static func isMissing(in results: String) -> Bool {
    let paths = (try? FileManager.default.subpathsOfDirectory(atPath: results + "/digits/tensorboard")) ?? []
    return !paths.contains { !EventFile(path: "\(results)/digits/tensorboard/\($0)").events().isEmpty }
  }
}
