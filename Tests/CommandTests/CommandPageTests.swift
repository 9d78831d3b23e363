import Foundation
import Testing

/// docs/commands.md against the manual page and the output of commands.
@Suite("The page of commands")
struct CommandPageTests {
  /// Lines of each table, or of any other paragraph.
  private let paragraphs: [[Substring]]

  init() throws {
    let page = Command.repository.appendingPathComponent("docs/commands.md")
    paragraphs = try String(contentsOf: page, encoding: .utf8).components(separatedBy: "\n\n").map {
      $0.split(separator: "\n")
    }
  }

  @Test(
    "lists the exit statuses and environment variables of the manual page",
    arguments: [("EXIT STATUS", "| exit status |"), ("ENVIRONMENT", "| variable |")])
  func manualPage(_ section: String, _ heading: String) throws {
    let manual = try Command.run(["manual"]).output
    let text = try #require(
      manual.components(separatedBy: ".SH \(section)\n").last?.components(separatedBy: "\n.SH ").first)
    let entries = text.components(separatedBy: ".TP\n").dropFirst()
    let terms = entries.compactMap { $0.split(separator: "\n").first.map(String.init) }
    let table = try #require(paragraphs.first { $0.first?.hasPrefix(heading) == true })
    // The heading and the dashes below it come first.
    let listed = table.dropFirst(2).map { row in
      row.split(separator: " ")[1].filter { $0 != "`" }
    }
    #expect(listed == terms)
  }

  @Test("names every key of JSON output", arguments: [["validate", "trial.yaml"], ["doctor"]])
  func keys(_ arguments: [String]) throws {
    let result = try Command.run(
      arguments + ["--format", "json"], files: ["trial.yaml": Data("format: 2\n".utf8)])
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    let row = try #require(paragraphs.joined().first { $0.hasPrefix("| `\(arguments[0])` |") })
    for key in object.keys { #expect(row.contains("`\(key)`"), "\(key)") }
  }
}
