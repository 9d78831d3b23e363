import Specification
import Testing

@testable import Reports

@Suite("Lines of a suite's plots")
struct TradeOffSeriesTests {
  private func report(_ name: String, _ criterion: String, ratio: Double, seeds: Int = 1) -> Report {
    var report = Sample.report
    report.experiment = name
    report.spec = .object([
      ("name", .string(name)), ("seeds", .integer(seeds)),
      ("prune", .object([("criterion", .string(criterion)), ("ratio", .number(ratio))])),
    ])
    return report
  }

  @Test("join experiments that differ in how much is pruned alone")
  func joined() {
    let reports = [
      report("s-l1-ratio0.3", "l1", ratio: 0.3), report("s-l1-ratio0.5", "l1", ratio: 0.5),
      report("s-fpgm-ratio0.3", "fpgm", ratio: 0.3), report("s-fpgm-ratio0.5", "fpgm", ratio: 0.5),
      report("other", "l1", ratio: 0.4, seeds: 2),
    ]
    let series = TradeOffSeries(reports)
    #expect(reports.map(series.name) == ["s-l1", "s-l1", "s-fpgm", "s-fpgm", "other"])
  }

  @Test("keep the experiments' names where lines would have the same")
  func sameWords() {
    let reports = [
      report("s-a", "l1", ratio: 0.3), report("s-b", "l1", ratio: 0.5), report("s-c", "fpgm", ratio: 0.3),
      report("s-d", "fpgm", ratio: 0.5),
    ]
    let series = TradeOffSeries(reports)
    #expect(reports.map(series.name) == ["s-a", "s-b", "s-c", "s-d"])
  }

  @Test("are apart from the baselines, also with their name, and a single experiment keeps its name")
  func namedLikeBaselines() throws {
    func series(_ reports: [Report]) throws -> [Plot.Series] {
      try #require(tradeOffFigures(reports).first?.drawing as? Plot).series
    }
    let joined = try series([
      report("baseline-ratio0.2", "l1", ratio: 0.2), report("baseline-ratio0.4", "l1", ratio: 0.4),
    ])
    #expect(joined.map(\.name) == ["baseline", "baseline"])
    #expect(joined.map(\.points.count) == [1, 2] && joined.map(\.isJoined) == [false, true])
    let single = try series([report("baseline", "l1", ratio: 0.2), report("a--b", "fpgm", ratio: 0.4)])
    #expect(single.map(\.name) == ["baseline", "baseline", "a--b"])
    #expect(single.map(\.points.count) == [1, 1, 1])
  }

  @Test("are a report's own where it does not carry its experiment")
  func unknown() {
    var old = [report("one-a", "l1", ratio: 0.3), report("one-b", "l1", ratio: 0.5)]
    old[0].spec = nil
    let series = TradeOffSeries(old)
    #expect(old.map(series.name) == ["one-a", "one-b"])
  }
}
