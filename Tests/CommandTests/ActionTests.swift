import Foundation
import TestSupport
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

  // MARK: Steps

  /// The text of a step, from the line below its name.
  private func step(_ name: String) throws -> String {
    let parts = try text("action.yml").components(separatedBy: "\n    - name: ")
    return String(try #require(parts.first { $0.hasPrefix(name + "\n") }).dropFirst(name.count + 1))
  }

  /// Runs the script of a step as the runner does.
  private func run(
    _ name: String, in folder: TemporaryFolder, standIns: [String: String], environment: [String: String]
  ) throws -> Command.Result {
    let script = try #require(try step(name).components(separatedBy: "run: |\n").last)
    try folder.write(script.utf8, to: "step.sh")
    let files = [
      "RUNNER_TEMP": folder.path + "/temporary", "GITHUB_OUTPUT": folder.path + "/outputs",
      "GITHUB_STEP_SUMMARY": folder.path + "/summary",
    ]
    return try folder.run(
      "bash -eo pipefail step.sh", standIns: standIns, environment: environment.merging(files) { $1 })
  }

  @Test(
    "a run that replaces its base is compared with what was there before",
    arguments: ["results/digits", "results/digits/report.json", "results"])
  func replacedBase(_ base: String) throws {
    let folder = try TemporaryFolder([
      "results/digits/report.json": DiffCommandTests.report, "worse.json": DiffCommandTests.worse,
    ])
    let standIns = [
      "espalier": """
      [ "$1" = run ] || exec '\(Command.program.path)' "$@"
      cp worse.json results/digits/report.json
      exit 1
      """
    ]
    let inputs = [
      "FILES": "digits.yaml", "ARGUMENTS": "", "RESULTS": "results", "BASE": base, "TOLERANCES": "",
    ]
    for name in ["Keep the base", "Run"] {
      let result = try run(name, in: folder, standIns: standIns, environment: inputs)
      #expect(result.status == 0, "\(name): \(result.errors)")
    }
    let copy = try #require(try folder.text("outputs").firstMatch(of: /path=(.*)\n/)).1
    #expect(try step("Compare").contains("COPY: ${{ steps.base.outputs.path }}"))
    let result = try run(
      "Compare", in: folder, standIns: standIns,
      environment: inputs.merging(["COPY": String(copy)]) { $1 })
    #expect(result.status == 0, "\(result.errors)")
    #expect(try folder.text("outputs").hasSuffix("\nstatus=1\n"))
    let summary = try folder.text("summary")
    #expect(summary.contains("top1") && summary.contains("`\(base)`") && !summary.contains("temporary"))
  }

  @Test("a base that does not exist is named")
  func missingBase() throws {
    let result = try run("Keep the base", in: TemporaryFolder(), standIns: [:], environment: ["BASE": "old"])
    #expect(result.status == 2 && result.errors == "espalier: base: old does not exist\n")
  }

  /// What `gh` was called with to comment on pull request 7.
  ///
  /// - Parameters:
  ///   - diff: the comparison.
  ///   - own: the id of the action's comment; empty if there is none.
  private func comment(_ diff: String, own: String) throws -> (calls: [Substring], body: String?) {
    let folder = try TemporaryFolder(texts: ["temporary/espalier-diff.md": diff, "calls": ""])
    let result = try run(
      "Comment", in: folder,
      standIns: ["gh": #"echo "$*" >> calls; case "$*" in *--paginate*) echo "$OWN" ;; esac"#],
      environment: ["NUMBER": "7", "GITHUB_REPOSITORY": "o/r", "OWN": own])
    #expect(result.status == 0, "\(result.errors)")
    let calls = try folder.text("calls").split(separator: "\n")
    return (calls, try? folder.text("temporary/espalier-comment.md"))
  }

  @Test("the comparison is a comment of its own, and no other comment is edited")
  func comments() throws {
    let marker = "<!-- espalier -->"
    let (new, body) = try comment("**no regression**\n", own: "")
    #expect(body == "\(marker)\n**no regression**\n")
    #expect(new.count == 2 && new.last?.hasPrefix("pr comment 7 --repo o/r --body-file ") == true, "\(new)")
    let (edited, _) = try comment("**no regression**\n", own: "12")
    let list = "api --paginate repos/o/r/issues/7/comments --jq "
    #expect(edited.first?.hasPrefix(list) == true && edited.first?.contains(marker) == true, "\(edited)")
    let edit = "api --method PATCH repos/o/r/issues/comments/12 --field body=@"
    #expect(edited.count == 2 && edited.last?.hasPrefix(edit) == true, "\(edited)")
  }

  @Test("a comparison that failed is no comment, and a comment that failed does not hide the verdict")
  func verdict() throws {
    #expect(try comment("", own: "12").calls.isEmpty)
    #expect(try step("Verdict").contains("!cancelled()"))
  }
}
