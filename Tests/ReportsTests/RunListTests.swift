import Foundation
import TestSupport
import Testing

@testable import Reports

@Suite("The list of runs")
struct RunListTests {
  /// Rows of the JSON form.
  private func rows(_ list: RunList) throws -> [[String: Any]] {
    try #require(try JSONSerialization.jsonObject(with: Data(list.json().utf8)) as? [[String: Any]])
  }

  /// Seeds of four runs, of seeds 0 to 3, in the order of the list.
  private func order(
    sortedBy metric: RunList.Metric?, _ change: (inout RunReport, Int) -> Void
  ) throws -> [Int] {
    var report = Sample.report
    report.runs = (0..<4).map { seed in
      var run = Sample.run(UInt64(seed), "baseline", top1: 80)
      change(&run, seed)
      return run
    }
    let list = RunList(ReportSet(path: "", reports: [report], isSingle: true), sortedBy: metric)
    return try rows(list).compactMap { $0["seed"] as? Int }
  }

  @Test("has the most accurate run first, and equally accurate ones in the order of the reports")
  func descending() throws {
    let found = try order(sortedBy: .top1) { run, seed in run.top1 = [80, 90, 85, 90][seed] }
    #expect(found == [1, 3, 2, 0])
  }

  @Test("has the smallest run first by a metric that should be small")
  func ascending() throws {
    let costs = try order(sortedBy: .macs) { run, seed in run.macs = [300, 100, 200, 100][seed] }
    #expect(costs == [1, 3, 2, 0])
    let losses: [Double?] = [0.5, Double.nan, 0.1, 0.3]
    let found = try order(sortedBy: .testLoss) { run, seed in run.testLoss = losses[seed] }
    #expect(found == [2, 3, 0, 1], "a loss that is no number comes last")
  }

  @Test("has runs without the metric last, in the order of the reports")
  func missing() throws {
    let accuracies: [Double?] = [nil, 95, nil, 99]
    let found = try order(sortedBy: .top5) { run, seed in run.top5 = accuracies[seed] }
    #expect(found == [3, 1, 0, 2])
  }

  @Test("keeps the order of the reports if nothing else is asked for")
  func unsorted() throws {
    let found = try order(sortedBy: nil) { run, seed in run.top1 = [80, 90, 85, 90][seed] }
    #expect(found == [0, 1, 2, 3])
  }

  @Test("has the runs of all experiments, sorted together")
  func together() throws {
    var (first, second) = (Sample.report, Sample.report)
    (first.experiment, second.experiment) = ("first", "second")
    first.runs = [Sample.run(0, "baseline", top1: 70), Sample.run(0, "pruned", top1: 90)]
    second.runs = [Sample.run(0, "baseline", top1: 80)]
    let set = ReportSet(path: "", reports: [first, second], isSingle: false)
    let found = try rows(RunList(set, sortedBy: .top1))
    #expect(found.compactMap { $0["experiment"] as? String } == ["first", "second", "first"])
    #expect(found.compactMap { $0["variant"] as? String } == ["pruned", "baseline", "baseline"])
  }

  @Test("has the folders of experiments with the same name, as of a copy, for people")
  func copies() throws {
    var other = Sample.report
    other.experiment = "other"
    let json = Sample.report.json()
    let folder = try TemporaryFolder(texts: [
      "trial/report.json": json, "copy/report.json": json, "other/report.json": other.json(),
    ])
    let list = RunList(try ReportSet.readable(paths: [folder.path], unique: false).set)
    let lines = list.text(columns: 1000).split(separator: "\n")
    for name in ["trial in trial ", "trial in copy ", "other  "] {
      #expect(lines.count { $0.hasPrefix(name) } == 4, "\(name)")
    }
    #expect(Set(try rows(list).compactMap { $0["experiment"] as? String }) == ["trial", "other"])
  }

  @Test("is JSON with the names of the columns, and without what is not known")
  func json() throws {
    var report = Sample.report
    report.runs[0].top5 = 99.5
    let found = try rows(RunList(ReportSet(path: "", reports: [report], isSingle: true)))
    #expect(found.count == 4)
    let all = [
      "experiment", "seed", "variant", "top1", "top5", "test_loss", "parameters", "macs", "channels",
      "train_seconds", "status",
    ]
    #expect(Set(found[0].keys) == Set(all))
    #expect(found[0]["experiment"] as? String == "trial" && found[0]["status"] as? String == "complete")
    #expect(found[0]["seed"] as? Int == 0 && found[0]["variant"] as? String == "baseline")
    #expect(found[0]["top1"] as? Double == 82.5 && found[0]["top5"] as? Double == 99.5)
    #expect(found[0]["test_loss"] as? Double == 0.5 && found[0]["train_seconds"] as? Double == 10)
    #expect(found[0]["parameters"] as? Int == 1000 && found[0]["macs"] as? Int == 10_000)
    #expect(found[0]["channels"] as? Int == 20)
    // Training and pruning; the other seed's times are missing.
    #expect(found[1]["train_seconds"] as? Double == 8)
    #expect(found[1]["top5"] == nil && found[2]["train_seconds"] == nil)
  }
}
