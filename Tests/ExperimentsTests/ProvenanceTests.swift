import Compute
import Foundation
import Reports
import Testing

@testable import Experiments

@Suite("Where a report comes from")
struct ProvenanceTests {
  private func git(_ arguments: [String], in folder: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    let identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    process.arguments = ["git", "-C", folder] + identity + arguments
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "git \(arguments)")
  }

  @Test("the commit of a file's folder, and whether it has changes that are in no commit")
  func commit() throws {
    let folder = try TemporaryFolder()
    let (file, other) = (folder.path + "/a.yaml", folder.path + "/results.txt")
    func write(_ text: String, _ path: String) throws {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }
    try write("name: a\n", file)
    #expect(GitState(file: file) == nil)
    try git(["init", "--quiet"], in: folder.path)
    #expect(GitState(file: file) == nil)
    try git(["add", "a.yaml"], in: folder.path)
    try git(["commit", "--quiet", "--message", "a"], in: folder.path)
    let clean = try #require(GitState(file: file))
    #expect(clean.commit.count == 40 && !clean.isDirty)
    // Results are in no commit either.
    try write("results", other)
    #expect(GitState(file: file) == clean)
    #expect(GitState(file: other)?.isDirty == true)
    try write("name: b\n", file)
    #expect(GitState(file: file) == GitState(commit: clean.commit, isDirty: true))
    #expect(GitState.states(of: ["a": file, "b": "/nowhere/b.yaml"]).keys.sorted() == ["a"])
  }

  @Test("is found without a change of the repository's index, which others may lock")
  func index() throws {
    let folder = try TemporaryFolder()
    let file = folder.path + "/a.yaml"
    try Data("name: a\n".utf8).write(to: URL(fileURLWithPath: file))
    try git(["init", "--quiet"], in: folder.path)
    try git(["add", "a.yaml"], in: folder.path)
    try git(["commit", "--quiet", "--message", "a"], in: folder.path)
    // The index has another time, which `git status` would correct.
    let time = Date(timeIntervalSince1970: 1_000_000_000)
    try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: file)
    let before = try bytes(folder.path + "/.git/index")
    #expect(GitState(file: file)?.isDirty == false)
    #expect(try bytes(folder.path + "/.git/index") == before)
  }

  @Test("is in the report, apart from what is the same everywhere")
  func environment() throws {
    let (first, second) = (try TemporaryFolder(), try TemporaryFolder())
    let state = GitState(commit: String(repeating: "a", count: 40), isDirty: true)
    func run(_ folder: TemporaryFolder, _ commits: [String: GitState]) throws -> Report {
      try ExperimentRunner(
        engines: [try Engine(threads: 1)], results: folder.path, commits: commits,
        progress: .silent, interruption: Interruption()
      ).run(digits(["prune=null", "expect=null"]))
    }
    let report = try run(first, ["digits": state])
    let plain = try run(second, [:])
    #expect(report.environment.gitCommit == state.commit && report.environment.gitDirty == true)
    #expect(report.environment.host == ProcessIdentity.current.host)
    #expect(plain.environment.gitCommit == nil && plain.environment.gitDirty == nil)
    #expect(report.deterministicJSON() == plain.deterministicJSON())
    let page = try String(contentsOfFile: first.path + "/digits/report.html", encoding: .utf8)
    #expect(page.contains(state.commit + ", with changes"))
  }
}
