import Foundation
import Testing

@Suite("Bad input")
struct BadInputTests {
  static let document = Command.repository.appendingPathComponent("docs/errors.md")

  /// The whole document is generated from the output. `ESPALIER_UPDATE_DOCUMENTS=1` rewrites it.
  @Test("every message is the documented one, with the right exit status, and without a crash")
  func messages() throws {
    var text = """
      # Error messages

      Every message goes to standard error, one per line; nothing that was saved before is lost. Exit
      status: 1 a check failed (`validate` found errors, an `expect` was missed, `diff` found a
      regression), 2 wrong usage or an invalid file, 3 a run failed, 130 interrupted with the state
      saved. A test checks every row.

      """
    for kind in BadInput.Kind.allCases {
      text += "\n## \(kind.rawValue)\n\n| input | command | status | message |\n| --- | --- | --- | --- |\n"
      for input in BadInput.all where input.kind == kind {
        let result = try Command.run(input.arguments, files: input.files, environment: input.environment)
        #expect(result.status == input.status, "\(input): \(result.errors)")
        #expect(!result.errors.isEmpty, "\(input)")
        #expect(!result.errors.contains("Fatal error"), "\(input)")
        text += row(input, result)
      }
    }
    if ProcessInfo.processInfo.environment["ESPALIER_UPDATE_DOCUMENTS"] == "1" {
      try text.write(to: Self.document, atomically: true, encoding: .utf8)
    }
    let expected = (try? String(contentsOf: Self.document, encoding: .utf8)) ?? ""
    for (found, line) in zip(lines(text), lines(expected)) { #expect(found == line) }
    #expect(lines(text).count == lines(expected).count)
  }

  @Test("each has a name of its own")
  func names() {
    #expect(Set(BadInput.all.map { "\($0.kind) \($0)" }).count == BadInput.all.count)
  }

  private func row(_ input: BadInput, _ result: Command.Result) -> String {
    let message = result.errors.trimmingCharacters(in: .newlines)
      .replacingOccurrences(of: "|", with: "\\|").split(separator: "\n", omittingEmptySubsequences: false)
      .map { "`\($0)`" }.joined(separator: "<br>")
    let variables = input.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value) " }.joined()
    return
      "| \(input) | `\(variables)espalier \(input.arguments.joined(separator: " "))` | \(result.status) | \(message) |\n"
  }

  private func lines(_ text: String) -> [Substring] {
    text.split(separator: "\n", omittingEmptySubsequences: false)
  }
}
