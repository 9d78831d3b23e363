import Foundation
import TestSupport
import Testing

@Suite("Bad input")
struct BadInputTests {
  /// The whole document is generated from the output. `ESPALIER_UPDATE_DOCUMENTS=1` rewrites it.
  @Test("every message is the documented one, with the right exit status, and without a crash")
  func messages() throws {
    var text = """
      # Error messages

      Every message goes to standard error, one per line; nothing that was saved before is lost.
      [commands.md](commands.md#exit-statuses) explains the statuses. A test checks every row.

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
    let expected = try GeneratedText("docs/errors.md").current(updatedTo: text)
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
