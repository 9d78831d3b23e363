import Foundation
import Testing

@testable import Reports

@Suite("Report")
struct ReportTests {
  @Test("reads back what it wrote")
  func roundTrip() throws {
    #expect(try Report(json: Sample.report.json()) == Sample.report)
  }

  @Test("the summary compares means, paired by seed, whatever the order")
  func summary() throws {
    let summary = Summary(Sample.runs.reversed(), expectations: Sample.expectations)
    #expect(summary.baseline?.top1.mean == 83)
    #expect(abs((summary.baseline?.top1.std ?? 0) - 0.5.squareRoot()) < 1e-12)
    #expect(summary.accuracyDrop?.mean == 1)
    #expect(summary.accuracyDrop?.n == 2)
    #expect(summary.compression == 2)
    #expect(summary.parameterReduction == 0.5)
    #expect(summary.flopsReduction == 0.4)
    #expect(summary.expectations.map(\.met) == [false, true, false])
    #expect(summary.expectations.map(\.limit) == ["at_most 0.5", "at_least 1.5", "at_least 0.5"])
  }

  @Test("without a pruned run there is nothing to compare, and no expectation is met")
  func baselineAlone() {
    let summary = Summary([Sample.runs[0]], expectations: Sample.expectations)
    #expect(summary.pruned == nil)
    #expect(summary.accuracyDrop == nil)
    #expect(summary.compression == nil)
    #expect(summary.expectations.allSatisfy { !$0.met && $0.measured == nil })
  }

  @Test("JSON has the documented keys, and layers' names as they are")
  func keys() throws {
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(Sample.report.json().utf8)) as? [String: Any])
    #expect(
      Set(json.keys) == [
        "format", "experiment", "description", "status", "summary", "runs", "timing", "environment",
      ])
    let summary = try #require(json["summary"] as? [String: Any])
    #expect(
      Set(summary.keys) == [
        "baseline", "pruned", "accuracy_drop", "compression", "parameter_reduction", "flops_reduction",
        "expectations",
      ])
    let pruned = try #require((json["runs"] as? [[String: Any]])?[1])
    let step = try #require((pruned["pruning_steps"] as? [[String: Any]])?.first)
    #expect((step["removed"] as? [String: [Int]])?["layer1.0.conv1"] == [3, 7])
  }

  @Test("the deterministic part leaves out timing and environment")
  func deterministic() {
    var other = Sample.report
    other.timing.runs = []
    other.environment.threads = 64
    #expect(other.deterministicJSON() == Sample.report.deterministicJSON())
    #expect(!other.deterministicJSON().contains("threads"))
    other.runs[0].top1 = 82.50000000000001
    #expect(other.deterministicJSON() != Sample.report.deterministicJSON())
  }

  @Test("doubles read back bit for bit", arguments: [0.1 + 0.2, 1e-7, 82.8, 1 / 3.0, 5e-324, 1e300])
  func doubles(_ value: Double) throws {
    var report = Sample.report
    report.runs[0].top1 = value
    #expect(try Report(json: report.json()).runs[0].top1 == value)
  }

  @Test("values that are not finite do not break writing or reading")
  func nonFinite() throws {
    var report = Sample.report
    report.runs[0].testLoss = .infinity
    #expect(try Report(json: report.json()).runs[0].testLoss == .infinity)
  }

  @Test("what is not a report is one clear line")
  func damaged() {
    #expect(throws: ReportError(description: "not a report: not valid JSON")) { try Report(json: "{") }
    #expect(throws: ReportError(description: "not a report: key format is missing")) {
      try Report(json: "{}")
    }
    let text = Sample.report.json()
    #expect(throws: ReportError(description: "not a report: experiment is of the wrong type")) {
      try Report(
        json: text.replacingOccurrences(of: "\"experiment\" : \"trial\"", with: "\"experiment\" : 1"))
    }
    #expect(throws: ReportError(description: "format 2 of the report is not 1")) {
      try Report(json: text.replacingOccurrences(of: "\"format\" : 1", with: "\"format\" : 2"))
    }
  }
}
