import Foundation
import TestSupport
import Testing

@testable import Reports

@Suite("Latency where models are deployed")
struct DeploymentTests {
  private static let text = """
    {"format": 1, "runtime": "onnxruntime 1.32.0", "processor": "any", "date": "2026-01-01T00:00:00Z", "models": [
      {"seed": 0, "variant": "baseline", "top1": 82.5, "macs": 10000, "bytes": 4000,
       "latency": [{"threads": 1, "batch_size": 1, "milliseconds": 2.0}, {"threads": 2, "batch_size": 128, "milliseconds": 40}]},
      {"seed": 0, "variant": "pruned", "top1": 82, "macs": 8000, "bytes": 2000,
       "latency": [{"threads": 1, "batch_size": 1, "milliseconds": 1.0}, {"threads": 2, "batch_size": 128, "milliseconds": 30}]}
    ]}
    """

  /// The sample report in a folder with that file beside it.
  private func read(_ deployment: String?) throws -> Report {
    let folder = try TemporaryFolder(texts: ["report.json": Sample.report.json()])
    if let deployment { try folder.write(deployment.utf8, to: "deployment.json") }
    return try #require(ReportSet(path: folder.path).reports.first)
  }

  @Test("is on the page where deployment.json is beside the report")
  func page() throws {
    let page = ReportPage(try read(Self.text)).html()
    for text in [
      "MACs of the ONNX file", "onnxruntime 1.32.0, batch of 1, 1 thread, ms", "batch of 128, 2 threads",
    ] {
      #expect(page.contains(text), "\(text)")
    }
    #expect(!ReportPage(try read(nil)).html().contains("onnxruntime"))
  }

  @Test("is not part of report.json")
  func separate() throws {
    let report = try read(Self.text)
    #expect(report.deployment != nil && report.json() == Sample.report.json())
  }

  @Test("is averaged in the order of the seeds")
  func order() throws {
    // Beside so large a number, 1 is lost.
    let times = [1e16] + Array(repeating: 1.0, count: 8) + [-1e16]
    let models = times.enumerated().map { seed, time in
      """
      {"seed": \(seed), "variant": "baseline", "macs": 1, "bytes": 1,
       "latency": [{"threads": 1, "batch_size": 1, "milliseconds": \(time)}]}
      """
    }
    let text =
      "{\"format\": 1, \"runtime\": \"r\", \"processor\": \"p\", \"models\": [\(models.joined(separator: ", "))]}"
    #expect(
      try read(text).comparison().rows.last?.map(\.text) == ["r, batch of 1, 1 thread, ms", "0", "–", "–"])
  }

  @Test("is compared by diff, with times")
  func diff() throws {
    let base = try read(Self.text)
    let candidate = try read(Self.text.replacing("\"milliseconds\": 1.0", with: "\"milliseconds\": 3.0"))
    func diff(timing: Bool) throws -> ReportDiff {
      ReportDiff(
        ReportSet(path: "a", reports: [base], isSingle: true),
        ReportSet(path: "b", reports: [candidate], isSingle: true), tolerances: try Tolerances([]),
        timing: timing)
    }
    #expect(try diff(timing: false).regressions == 0)
    let worse = try diff(timing: true).experiments.flatMap(\.metrics).filter { $0.verdict == .regressed }
    #expect(worse.map(\.variant) == ["pruned"])
    #expect(worse.map(\.name) == ["pruned latency (onnxruntime 1.32.0, batch of 1, 1 thread)"])
  }

  @Test("is a regression where the candidate lacks it, or a setting of it, and new where the base does")
  func missing() throws {
    func names(_ verdict: MetricComparison.Verdict, _ base: Report, _ candidate: Report) throws -> [String] {
      try DiffTests.diff(base, candidate, timing: true).experiments[0].metrics
        .filter { $0.verdict == verdict }.map(\.name)
    }
    let (measured, not) = (try read(Self.text), try read(nil))
    let all = ["baseline", "pruned"].flatMap { variant in
      ["batch of 1, 1 thread", "batch of 128, 2 threads"].map {
        "\(variant) latency (onnxruntime 1.32.0, \($0))"
      }
    }
    #expect(try names(.regressed, measured, not) == all)
    #expect(try names(.added, not, measured) == all)
    let other = try read(Self.text.replacing("\"batch_size\": 128", with: "\"batch_size\": 64"))
    #expect(try names(.regressed, measured, other) == all.filter { $0.contains("128") })
  }

  @Test(
    "is not compared by diff across runtimes or processors, which a note says",
    arguments: [("1.32.0", "1.40.0"), ("\"any\"", "\"other\"")])
  func elsewhere(_ old: String, _ new: String) throws {
    let base = try read(Self.text)
    let slower = Self.text.replacing("\"milliseconds\": 1.0", with: "\"milliseconds\": 3.0")
    let candidate = try read(slower.replacing(old, with: new))
    let diff = try DiffTests.diff(base, candidate, timing: true)
    #expect(diff.regressions == 0)
    let notes = diff.experiments[0].notes
    #expect(notes.count == 1 && notes[0].hasPrefix("deployment: onnxruntime 1.32.0 on any -> "), "\(notes)")
    #expect(try DiffTests.diff(base, candidate).experiments[0].notes == [])
  }

  @Test(
    "names the file when it is damaged, or of another format",
    arguments: ["{", "{}", "{\"format\": 2, \"runtime\": \"a\", \"processor\": \"b\", \"models\": []}"])
  func damaged(_ text: String) throws {
    let error = #expect(throws: ReportError.self) { try read(text) }
    #expect(error?.path.hasSuffix("deployment.json") == true)
  }
}
