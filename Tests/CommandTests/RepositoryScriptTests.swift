import Foundation
import TestSupport
import Testing

/// Scripts that go through the files of the repository, on a small one.
@Suite("Scripts about the repository's files")
struct RepositoryScriptTests {
  private let folder: TemporaryFolder

  /// Makes a repository of which one file has been removed, but not from the index.
  init() throws {
    folder = try TemporaryFolder()
    for name in [
      "scripts/check-prose.py", "scripts/scaling-model.py", "scripts/sanitize-threads.sh",
      "Tests/ThreadSanitizer/Mutex.swift",
    ] {
      try folder.write(Data(contentsOf: Command.repository.appendingPathComponent(name)), to: name)
    }
    try folder.write("let count = Mutex(0)\n".utf8, to: "Sources/Counting/Count.swift")
    try folder.write("[nowhere](nowhere.md)\n".utf8, to: "removed file.md")
    try folder.write(Data(), to: "docs/scaling.md")
    let made = try run(
      """
      sh -ec 'unset GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE; chmod +x scripts/*; git init --quiet; git add .; rm "removed file.md"
      { printf "\\n\\n"; python3 scripts/scaling-model.py; printf "\\n"; } > docs/scaling.md'
      """)
    try #require(made.status == 0, "\(made.errors)")
  }

  private func run(_ command: String) throws -> Command.Result {
    try folder.run(command, standIns: ["swift": "exit 0"])
  }

  @Test("the check of prose reads only files that are there")
  func prose() throws {
    let result = try run("scripts/check-prose.py")
    #expect(result.status == 0 && result.output == "\n", "\(result.output)\(result.errors)")
  }

  #if os(Linux)
    @Test("the test for races copies only files that are there")
    func threads() throws {
      let result = try run("scripts/sanitize-threads.sh")
      #expect(result.status == 0, "\(result.errors)")
      let copy = ".build-threads/package"
      #expect(folder.has("\(copy)/Sources/Counting/Mutex.swift"))
      #expect(!folder.has("\(copy)/removed file.md"))
    }
  #endif
}
