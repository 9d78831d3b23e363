import Foundation
import Specification
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

  @Test("an expectation says what the interval of the seeds does")
  func verdicts() {
    // Drops of 0.5, 1.5 and 1: 1 ± 4.303 * 0.5 / sqrt(3).
    let low = 1 - 4.302652729749462 * 0.5 / 3.0.squareRoot()
    let runs = Sample.runs + [Sample.run(2, "baseline", top1: 83), Sample.run(2, "pruned", top1: 82)]
    func result(_ limit: ExpectationSpec.Limit, _ metric: String = "accuracy_drop") -> ExpectationResult? {
      Summary(runs, expectations: [ExpectationSpec(metric: metric, limit: limit)]).expectations.first
    }
    let interval = result(.atMost(2))?.ci95
    #expect(abs((interval?.low ?? 0) - low) < 1e-9)
    #expect(abs((interval?.high ?? 0) - (2 - low)) < 1e-9)
    #expect(result(.atMost(2))?.ci95Verdict == .open)
    #expect(result(.atMost(2))?.doubtfulEnd == interval?.high)
    #expect(result(.atLeast(2))?.doubtfulEnd == interval?.high)
    #expect(result(.atMost(0))?.doubtfulEnd == interval?.low)
    #expect(result(.atMost(9))?.ci95Verdict == .met)
    #expect(result(.atMost(-9))?.ci95Verdict == .missed)
    #expect(result(.atLeast(0.4), "flops_reduction")?.ci95Verdict == .met)
    #expect(result(.atMost(9))?.doubtfulEnd == nil)
    #expect(Summary(Sample.runs, expectations: []).overSeeds?.channelReduction?.mean == 0.4)
    #expect(Summary(Sample.runs, expectations: Sample.expectations).expectations[0].ci95Verdict == nil)
    #expect(result(.atLeast(83), "baseline_top1")?.met == true)
    #expect(result(.atLeast(83), "top1")?.met == false)
    #expect(result(.atLeast(1), "top5")?.measured == nil)
  }

  @Test("a number that stands exactly on a limit keeps it, whatever counts it comes from")
  func exactLimits() {
    for images in [250, 300, 360, 10_000] {
      for (right, left) in [(149, 142), (211, 200), (250, 249), (97, 38)] {
        let (before, after) = (100 * Double(right) / Double(images), 100 * Double(left) / Double(images))
        // The difference as a person writes it, to 12 digits.
        let drop = (100 * Double(right - left) / Double(images) * 1e10).rounded() / 1e10
        let runs = [Sample.run(0, "baseline", top1: before), Sample.run(0, "pruned", top1: after)]
        func met(_ limit: ExpectationSpec.Limit) -> Bool? {
          Summary(runs, expectations: [ExpectationSpec(metric: "accuracy_drop", limit: limit)]).expectations
            .first?.met
        }
        #expect(met(.atMost(drop)) == true && met(.atLeast(drop)) == true, "\(right) - \(left) of \(images)")
        // An image more or less is another number.
        let image = 100 / Double(images)
        #expect(met(.atMost(drop - image)) == false && met(.atLeast(drop + image)) == false)
        #expect(met(.atMost(drop - 1e-6)) == false)
      }
    }
    #expect(59.6 - 56.8 > 2.8 && !exceeds(59.6 - 56.8, 2.8))
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
        "format", "experiment", "description", "status", "spec", "summary", "runs", "timing", "environment",
      ])
    let summary = try #require(json["summary"] as? [String: Any])
    #expect(
      Set(summary.keys) == [
        "baseline", "pruned", "accuracy_drop", "compression", "parameter_reduction", "flops_reduction",
        "channel_reduction", "over_seeds", "expectations",
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

  @Test("a description of a noncharacter, which YAML can name, reads back")
  func noncharacter() throws {
    var report = Sample.report
    report.description = "\u{FFFE}"
    #expect(try Report(json: report.json()) == report)
  }

  @Test("the deterministic part, byte by byte")
  func golden() {
    let report = Report(
      experiment: "trial", description: "a/b", status: .complete, spec: Sample.spec, runs: [Sample.runs[1]],
      expectations: [ExpectationSpec(metric: "top1", paper: 92.5, limit: .atLeast(80))],
      timing: Sample.report.timing, environment: Sample.report.environment)
    #expect(report.deterministicJSON() == Sample.goldenJSON)
    #expect(report.json().contains("\"images_per_s\" : 160"))
    #expect(report.json().contains("\"train_cpu_seconds\" : 11.5"))
  }

  @Test("what is not a report is one clear line")
  func damaged() {
    func message(_ json: String) -> String? {
      do throws(ReportError) {
        _ = try Report(json: json)
        return nil
      } catch {
        return error.description
      }
    }
    let text = Sample.report.json()
    func changed(_ old: String, _ new: String) -> String? {
      message(text.replacingOccurrences(of: old, with: new))
    }
    #expect(message(text) == nil)
    #expect(message("{") == "not valid JSON")
    #expect(message(String(text.dropLast(100))) == "not valid JSON")
    #expect(message(String(repeating: "[", count: 100_000)) == "not valid JSON")
    #expect(message("{}") == "format: required key is missing")
    #expect(message("[]") == "not a report: expected an object")
    #expect(message("{\"format\": 3}") == "format: expected 1, found 3")
    #expect(changed("\"format\" : 1", "\"format\" : 2") == "format: expected 1, found 2")
    #expect(
      changed("\"experiment\" : \"trial\"", "\"experiment\" : 1") == "experiment: wrong type or value")
    #expect(
      changed("\"test_loss\" : 0.5,", "\"test_loss\" : \"x\",") == "runs[0].test_loss: wrong type or value")
    #expect(
      changed("\"train_loss\" : 1.5,", "\"train_loss\" : \"x\",")
        == "runs[0].history[0].train_loss: wrong type or value")
    #expect(
      changed("\"macs\" : 6000", "\"macs\" : 1e99")
        == "a number is too large, or not an integer where one is required")
    #expect(changed("\"format\" : 1", "\"format\" : 1, \"new\" : [null]") == nil)
  }
}
