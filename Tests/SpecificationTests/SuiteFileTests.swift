import Foundation
import TestSupport
import Testing

@testable import Specification

@Suite("Suites")
struct SuiteFileTests {
  @Test("list files and patterns relative to themselves, each file once")
  func files() throws {
    let folder = try TemporaryFolder(texts: [
      "su[i]te/s.yaml": "suite: [../b2.yaml, \"../b*.yaml\", ../a.yaml]\n", "a.yaml": "", "b1.yaml": "",
      "b2.yaml": "",
    ])
    let suite = "\(folder.path)/su[i]te/s.yaml"
    #expect(SuiteFile.isSuite(suite))
    let names = try SuiteFile.load(suite).map { $0.replacing("\(folder.path)/su[i]te/../", with: "") }
    #expect(names == ["b2.yaml", "b1.yaml", "a.yaml"])
  }

  @Test("may keep anchors in keys of their own")
  func anchors() throws {
    let folder = try TemporaryFolder(texts: [
      "s.yaml": "x-files: &files [a.yaml]\nsuite: *files\n", "a.yaml": "",
    ])
    #expect(try SuiteFile.load("\(folder.path)/s.yaml") == ["\(folder.path)/a.yaml"])
  }

  @Test("stand for their files within other suites, and may not come back to themselves")
  func nested() throws {
    let folder = try TemporaryFolder(texts: [
      "all.yaml": "suite: [b.yaml, parts/one.yaml]\n", "parts/one.yaml": "suite: [../a.yaml, ../b.yaml]\n",
      "a.yaml": "", "b.yaml": "", "loop.yaml": "suite: [a.yaml, parts/loop.yaml]\n",
      "parts/loop.yaml": "suite: [../loop.yaml]\n",
    ])
    let names = try SuiteFile.load("\(folder.path)/all.yaml").map {
      $0.replacing("\(folder.path)/", with: "")
    }
    #expect(names == ["b.yaml", "parts/../a.yaml", "parts/../b.yaml"])
    let error = #expect(throws: SpecificationError.self) { try SuiteFile.load("\(folder.path)/loop.yaml") }
    #expect(
      error?.description.replacing("\(folder.path)/", with: "")
        == "parts/loop.yaml:1:9: suite[0]: a suite lists itself: loop.yaml -> parts/loop.yaml -> parts/../loop.yaml"
    )
  }

  @Test("are read once, however often others list them, and are bounded in depth")
  func repeated() throws {
    var files = ["a.yaml": "", "12.yaml": "suite: [a.yaml]\n", "deep/39.yaml": "suite: [../a.yaml]\n"]
    for index in 0..<12 { files["\(index).yaml"] = "suite: [\(index + 1).yaml, ./\(index + 1).yaml]\n" }
    for index in 0..<39 { files["deep/\(index).yaml"] = "suite: [\(index + 1).yaml]\n" }
    files["linked/b.yaml"] = ""
    files["deep/list.yaml"] = "suite: [\"[ab].yaml\"]\n"
    files["both.yaml"] = "suite: [linked/list.yaml, list.yaml]\n"
    let folder = try TemporaryFolder(texts: files)
    for link in ["linked/list.yaml", "list.yaml"] {
      #expect(symlink("\(folder.path)/deep/list.yaml", "\(folder.path)/\(link)") == 0)
    }
    #expect(
      try SuiteFile.load("\(folder.path)/both.yaml") == [
        "\(folder.path)/linked/b.yaml", "\(folder.path)/a.yaml",
      ])
    #expect(try SuiteFile.load("\(folder.path)/0.yaml") == ["\(folder.path)/a.yaml"])
    let error = #expect(throws: SpecificationError.self) { try SuiteFile.load("\(folder.path)/deep/0.yaml") }
    #expect(
      error?.description.replacing("\(folder.path)/", with: "")
        == "deep/31.yaml:1:9: suite[0]: more than 32 suites list one another")
  }

  @Test("report every entry that names no file, and unknown keys")
  func errors() throws {
    let folder = try TemporaryFolder(texts: [
      "s.yaml": "suite:\n  - none.yaml\n  - \"n*.yaml\"\n  - s.yaml\nsuit: []\n", "e.yaml": experiment(),
      "t.yaml": "suite: a.yaml\n", "u.yaml": "suites: [e.yaml]\n", "v.yaml": "suite: [e.yml]\n",
      "w.yaml": "suite: [\"**/*.yaml\"]\n", "sub/e.yaml": "",
    ])
    #expect(!SuiteFile.isSuite("\(folder.path)/e.yaml"))
    #expect(!SuiteFile.isSuite("\(folder.path)/none.yaml"))
    func errors(_ name: String) -> [String] {
      do throws(SpecificationError) {
        _ = try SuiteFile.load("\(folder.path)/\(name)")
        return []
      } catch {
        return error.diagnostics.map { $0.description.replacing("\(folder.path)/", with: "") }
      }
    }
    #expect(
      errors("s.yaml") == [
        "s.yaml:2:5: suite[0]: no file matches `none.yaml`",
        "s.yaml:3:5: suite[1]: no file matches `n*.yaml`",
        "s.yaml:4:5: suite[2]: a suite lists itself: s.yaml -> s.yaml",
        "s.yaml:5:1: suit: unknown key; did you mean `suite`?",
      ])
    #expect(
      errors("t.yaml") == [
        "t.yaml:1:8: suite: expected a list of values, found `a.yaml`; write `[a.yaml]`"
      ])
    #expect(SuiteFile.isSuite("\(folder.path)/u.yaml"))
    #expect(
      errors("u.yaml") == [
        "u.yaml:1:1: suites: unknown key; did you mean `suite`?",
        "u.yaml:1:1: suite: required key is missing; expected a list of values",
      ])
    #expect(
      errors("v.yaml") == ["v.yaml:1:9: suite[0]: no file matches `e.yml`; did you mean `e.yaml`?"])
    #expect(
      errors("w.yaml") == [
        "w.yaml:1:9: suite[0]: `**` does not search folders in folders; list the folders one by one, such as"
          + " `a/*.yaml`"
      ])
    #expect(errors("none.yaml") == ["none.yaml:1:1: the file does not exist"])
  }
}
