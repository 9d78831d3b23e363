import Foundation
import Testing

@Suite("The GitHub action")
struct ActionTests {
  private func text(_ path: String) throws -> String {
    try String(contentsOf: Command.repository.appendingPathComponent(path), encoding: .utf8)
  }

  @Test("the workflow of docs/diffing-in-ci.md has the tolerances of .ci/run")
  func tolerances() throws {
    let page = try text("docs/diffing-in-ci.md")
    let workflow = try #require(
      page.components(separatedBy: "tolerances: >-\n").last?.components(separatedBy: "comment:").first)
    let own = try text(".ci/run").matches(of: /--tolerance (\S+)/).map { String($0.1) }
    #expect(own.count == 9)
    #expect(Set(workflow.split(whereSeparator: \.isWhitespace).map(String.init)) == Set(own))
  }
}
