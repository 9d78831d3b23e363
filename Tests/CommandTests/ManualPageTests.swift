import Foundation
import Testing

@Suite("The manual page")
struct ManualPageTests {
  @Test("names the environment variables that the program reads, and no others")
  func variables() throws {
    let result = try Command.run(["manual"])
    let section = try #require(result.output.components(separatedBy: ".SH ENVIRONMENT\n").last)
    let named = section.matches(of: /[A-Z]+(?:_[A-Z]+)+/).map { String($0.output) }
    let sources = Command.repository.appendingPathComponent("Sources")
    var read: Set<String> = []
    for path in try FileManager.default.subpathsOfDirectory(atPath: sources.path)
    where path.hasSuffix(".swift") && !path.hasSuffix("ManualPage.swift") {
      let text = try String(contentsOf: sources.appendingPathComponent(path), encoding: .utf8)
      read.formUnion(text.matches(of: /ESPALIER_[A-Z]+/).map { String($0.output) })
    }
    // The program sets it itself, for the jobs that it submits.
    read.remove("ESPALIER_JOB")
    #expect(Set(named) == read)
  }

  @Test("says what the results folder is if none is given")
  func results() throws {
    let lines = try Command.run(["manual"]).output.split(separator: "\n")
    let texts = zip(lines, lines.dropFirst()).filter { $0.0.hasPrefix(#"\fB\-\-results\fR "#) }.map { $0.1 }
    #expect(texts.count == 7)
    #expect(texts.allSatisfy { $0.contains("Default: results.") }, "\(texts)")
  }
}
