import Foundation
import TestSupport
import Testing

@Suite("espalier report")
struct ReportCommandTests {
  static let report = Command.repository.appendingPathComponent("results/cifar10-resnet20-10ep/report.json")

  @Test("an experiment's page and plots go into its folder, the same ones for its report.json")
  func experiment() throws {
    let folder = try TemporaryFolder(["one/report.json": try Data(contentsOf: Self.report)])
    let result = try Command.run(["report", "one"], in: folder.url)
    #expect(result.status == 0 && result.output == "one/report.html\n", "\(result.errors)")
    let page = try folder.text("one/report.html")
    #expect(page.contains("Compression 2.21×"))
    #expect(try folder.text("one/plots/channels.svg").hasPrefix("<svg "))
    let again = try Command.run(["report", "one/report.json"], in: folder.url)
    #expect(again.output == "one/report.html\n")
    #expect(try folder.text("one/report.html") == page)
  }

  @Test("several paths get one page where --output says, and a table in Markdown")
  func paths() throws {
    let text = try String(contentsOf: Self.report, encoding: .utf8)
    let other = text.replacing("\"cifar10-resnet20-10ep\"", with: "\"a|b\"")
    let folder = try TemporaryFolder([
      "one/report.json": Data(text.utf8), "two/report.json": Data(other.utf8),
    ])
    let page = try Command.run(["report", "one", "two", "--output", "page.html"], in: folder.url)
    #expect(page.status == 0 && folder.has("page.html"), "\(page.errors)")
    let nowhere = try Command.run(["report", "one", "two"], in: folder.url)
    #expect(nowhere.status == 2 && nowhere.errors.contains("--output"))
    let twice = try Command.run(["report", "one", "one/report.json"], in: folder.url)
    #expect(twice.status == 2 && twice.errors.contains("is also in one/report.json"))
    let table = try Command.run(["report", "two", "one", "--format", "markdown"], in: folder.url)
    let rows = table.output.split(separator: "\n")
    #expect(rows.count == 4, "\(table.errors)")
    #expect(rows[2].hasPrefix("| a\\|b | 2 | 82.35 (82.57,"))
    #expect(rows[3].contains("| 61.22\u{A0}T → 45.27\u{A0}T (−26.1\u{A0}%) |"), "\(rows[3])")
  }

  @Test("several experiments get one page, in the order of their names")
  func suite() throws {
    let text = try String(contentsOf: Self.report, encoding: .utf8)
    let other = text.replacing("\"cifar10-resnet20-10ep\"", with: "\"a <b> & c\"")
    let folder = try TemporaryFolder([
      "all/one/report.json": Data(text.utf8), "all/another/report.json": Data(other.utf8),
      "all/.cache/x": Data(),
    ])
    let result = try Command.run(["report", "all", "--output", "page.html"], in: folder.url)
    #expect(result.status == 0 && result.output == "page.html\n", "\(result.errors)")
    let page = try folder.text("page.html")
    let first = try #require(page.range(of: "href=\"#experiment-1\">a &lt;b&gt; &amp; c<"))
    let second = try #require(page.range(of: "href=\"#experiment-2\">cifar10-resnet20-10ep<"))
    #expect(first.lowerBound < second.lowerBound)
    #expect(!folder.has("all/report.html") && !folder.has("all/plots"))
  }

  @Test(
    "what is no result is one clear line and exit status 2",
    arguments: [
      ("none", "none: no such file or folder; expected results of espalier run"),
      ("empty", "empty: no report.json in it or in a folder in it; expected results of espalier run"),
      ("text.json", "text.json: not valid JSON"),
      ("damaged", "damaged/b/report.json: format: required key is missing"),
    ])
  func failures(_ path: String, _ message: String) throws {
    let folder = try TemporaryFolder([
      "empty/x": Data(), "text.json": Data("text".utf8),
      "damaged/b/report.json": Data("{}".utf8),
    ])
    let result = try Command.run(["report", path], in: folder.url)
    #expect(result.status == 2)
    #expect(result.errors == "espalier: \(message)\n")
    #expect(result.output.isEmpty)
  }

  @Test("a damaged report among others is left out with a warning")
  func damaged() throws {
    let folder = try TemporaryFolder([
      "all/a/report.json": try Data(contentsOf: Self.report), "all/b/report.json": Data("{}".utf8),
    ])
    let result = try Command.run(["report", "all"], in: folder.url)
    #expect(result.status == 0 && result.output == "all/report.html\n")
    #expect(
      result.errors == "espalier: warning: all/b/report.json: format: required key is missing\n")
  }

  @Test("a path that cannot be written is one clear line and exit status 3")
  func unwritable() throws {
    let folder = try TemporaryFolder(["one/report.json": try Data(contentsOf: Self.report)])
    let result = try Command.run(["report", "one", "--output", "no/page.html"], in: folder.url)
    #expect(result.status == 3)
    #expect(result.errors.hasPrefix("espalier: no/page.html: cannot write: "), "\(result.errors)")
  }
}
