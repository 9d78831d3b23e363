import Foundation
import TestSupport
import Testing

@testable import Reports

@Suite("Reports of a folder")
struct ReportSetTests {
  private func text(_ experiment: String) -> String {
    var report = Sample.report
    report.experiment = experiment
    return report.json()
  }

  @Test("those in a folder that cannot be searched are not taken for absent")
  func unreadable() throws {
    let folder = try TemporaryFolder(texts: ["one/report.json": text("one"), "lost+found/report.json": "{"])
    // Nobody may follow it, whatever the rights of the user are.
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/two", withDestinationPath: "two")
    let problem = "\(folder.path)/two/report.json: cannot be read: Too many levels of symbolic links"
    let (set, problems) = try ReportSet.readable(paths: [folder.path])
    #expect(set.reports.map(\.experiment) == ["one"] && problems.map(\.description) == [problem])
    #expect(message { try ReportSet(path: folder.path) } == problem)
    #expect(
      message { try ReportSet(path: folder.path + "/two") }
        == "\(folder.path)/two: cannot be read: Too many levels of symbolic links")
    try FileManager.default.removeItem(atPath: folder.path + "/one")
    #expect(message { try ReportSet.readable(paths: [folder.path]).set } == problem)
  }

  @Test("that are too large are not read")
  func tooLarge() throws {
    let folder = try TemporaryFolder(texts: ["report.json": ""])
    let file = folder.path + "/report.json"
    #expect(truncate(file, off_t(ReportSet.maximumBytes + 1)) == 0)
    #expect(message { try ReportSet(path: folder.path) } == "\(file): larger than 256 MiB")
  }

  @Test("that are damaged can be left out of several; the same experiment twice cannot")
  func damaged() throws {
    let folder = try TemporaryFolder(texts: [
      "all/a/report.json": text("second"), "all/b/report.json": "{", "all/c/report.json": text("first"),
      "other/report.json": text("other"), "again/report.json": text("first"),
    ])
    let (all, other) = (folder.path + "/all", folder.path + "/other")
    let (set, problems) = try ReportSet.readable(paths: [all, other])
    #expect(set.reports.map(\.experiment) == ["first", "second", "other"] && !set.isSingle)
    #expect(problems.map(\.description) == ["\(all)/b/report.json: not valid JSON"])
    #expect(try ReportSet.readable(paths: [other]).set.isSingle)
    #expect(message { try ReportSet(path: all) } == "\(all)/b/report.json: not valid JSON")
    #expect(
      message { try ReportSet.readable(paths: [all, folder.path + "/again"]).set }
        == "\(folder.path)/again/report.json: experiment: `first` is also in \(all)/c/report.json; "
        + "leave out one of the two, or move it elsewhere")
    let twice = try ReportSet.readable(paths: [all, folder.path + "/again"], unique: false).set
    #expect(twice.reports.map(\.experiment) == ["first", "second", "first"])
    #expect(
      message { try ReportSet.readable(paths: [all + "/b"]).set } == "\(all)/b/report.json: not valid JSON")
  }

  @Test("that are not there are not taken for those of a run that is not finished")
  func unfinished() throws {
    let folder = try TemporaryFolder(texts: ["half/.state/stages.json": "[]", "empty/x": ""])
    let unfinished = "`half` is not finished; `espalier plan FILE` shows how far it is"
    #expect(message { try ReportSet(path: folder.path + "/half") } == "\(folder.path)/half: \(unfinished)")
    #expect(message { try ReportSet.readable(paths: [folder.path]).set } == "\(folder.path): \(unfinished)")
    #expect(
      message { try ReportSet(path: folder.path + "/empty") }
        == "\(folder.path)/empty: no report.json in it or in a folder in it; expected results of espalier run"
    )
  }
}
