import Foundation
import Testing

@Suite("espalier diff")
struct DiffCommandTests {
  static let report: Data = {
    let file = Command.repository.appendingPathComponent("results/cifar10-resnet20-10ep/report.json")
    return (try? Data(contentsOf: file)) ?? Data()
  }()

  /// The real report, pruned networks 2 points worse.
  static let worse: Data = {
    var report = (try? JSONSerialization.jsonObject(with: Self.report)) as? [String: Any] ?? [:]
    let runs = report["runs"] as? [[String: Any]] ?? []
    report["runs"] = runs.map { run in
      var run = run
      if run["variant"] as? String == "pruned", let top1 = run["top1"] as? Double { run["top1"] = top1 - 2 }
      return run
    }
    return (try? JSONSerialization.data(withJSONObject: report)) ?? Data()
  }()

  private static func diff(_ arguments: String...) throws -> Command.Result {
    try Command.run(
      ["diff"] + arguments,
      files: [
        "base.json": report, "worse.json": worse, "old/cifar/report.json": report,
        "new/cifar/report.json": worse, "new/other/notes.txt": Data(),
      ])
  }

  @Test("a regression is exit status 1, in every format, and nothing goes to standard error")
  func regression() throws {
    for format in ["text", "markdown", "json", "junit"] {
      let result = try Self.diff("base.json", "worse.json", "--format", format)
      #expect(result.status == 1, "\(format): \(result.errors)")
      #expect(result.errors.isEmpty)
      #expect(result.output.contains("top1"))
    }
    #expect(try Self.diff("old", "new").status == 1)
    #expect(try Self.diff("old/cifar", "worse.json").status == 1)
  }

  @Test("no regression is 0: the same report, a better one, a tolerance that is asked for")
  func clean() throws {
    let same = try Self.diff("base.json", "base.json")
    #expect(same.status == 0)
    #expect(same.output.hasPrefix("no regression in 1 experiment: base.json -> base.json\n"))
    #expect(try Self.diff("worse.json", "base.json").status == 0)
    let tolerated = try Self.diff(
      "base.json", "worse.json", "--tolerance", "top1=2.1", "--tolerance", "accuracy_drop=3%",
      "--tolerance", "accuracy_drop=any")
    #expect(tolerated.status == 0, "\(tolerated.output)")
  }
}
