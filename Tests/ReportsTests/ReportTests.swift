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

  @Test(
    "doubles read back bit for bit",
    arguments: [0.1 + 0.2, 1e-7, 82.8, 1 / 3.0, Double.leastNonzeroMagnitude, 1e300])
  func doubles(_ value: Double) throws {
    var report = Sample.report
    report.runs[0].top1 = value
    #expect(try Report(json: report.json()).runs[0].top1 == value)
  }

  @Test("values that are not finite are null, and read back as no value", arguments: [Double.infinity, .nan])
  func nonFinite(_ value: Double) throws {
    var report = Sample.report
    report.runs[0].testLoss = value
    let json = report.json()
    #expect(json.contains("\"test_loss\" : null"))
    #expect(try Report(json: json).runs[0].testLoss == nil)
    #expect(report.csv().contains("trial,0,baseline,82.5,,,1000"))
  }

  @Test("the deterministic part, byte by byte")
  func golden() {
    let report = Report(
      experiment: "trial", description: "a/b", status: .complete, runs: [Sample.runs[1]],
      expectations: [Expectation(metric: "top1", paper: 92.5, limit: .atLeast(80))],
      timing: Sample.report.timing, environment: Sample.report.environment)
    #expect(report.deterministicJSON() == Sample.goldenJSON)
    #expect(report.json().contains("\"images_per_s\" : 160"))
  }

  @Test("what is not a report is one clear line")
  func damaged() {
    #expect(throws: ReportError(description: "not a report: not valid JSON")) { try Report(json: "{") }
    #expect(throws: ReportError(description: "not a report: key format is missing")) {
      try Report(json: "{}")
    }
    let text = Sample.report.json()
    #expect(throws: ReportError(description: "not a report: experiment has a wrong type or value")) {
      try Report(
        json: text.replacingOccurrences(of: "\"experiment\" : \"trial\"", with: "\"experiment\" : 1"))
    }
    #expect(throws: ReportError(description: "not a report: runs[0].test_loss has a wrong type or value")) {
      try Report(json: text.replacingOccurrences(of: "\"test_loss\" : 0.5", with: "\"test_loss\" : \"x\""))
    }
    #expect(throws: ReportError(description: "not a report: it is not an object")) { try Report(json: "[]") }
    #expect(throws: ReportError(description: "format 3 of the report is not 1")) {
      try Report(json: "{\"format\": 3}")
    }
    #expect(throws: ReportError(description: "format 2 of the report is not 1")) {
      try Report(json: text.replacingOccurrences(of: "\"format\" : 1", with: "\"format\" : 2"))
    }
  }
}
