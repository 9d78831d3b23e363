import Specification
import Testing

@testable import Reports

/// Names that nobody has checked go to terminals, tables, pages and CI systems.
@Suite("Hostile names")
struct HostileNameTests {
  /// A line break, an escape sequence, a right-to-left override, a bell; separators with an accent
  /// behind each.
  static let name = "a\r\nb\u{1B}[2J\u{202E}c\u{7}|\u{301},\u{301}\"\u{301}`\u{301}<\u{301}"

  static let report: Report = {
    var report = Sample.report
    (report.experiment, report.description) = (name, name)
    for run in report.runs.indices {
      report.runs[run].layers[0].name = name
      report.runs[run].layers[0].kind = name
    }
    report.summary.expectations[0].metric = name
    report.summary.expectations[0].limit = name
    return report
  }()

  static let diff: ReportDiff = {
    var base = report
    base.runs[0].layers[0].channels = 1
    base.spec = .object([(name, .string(name))])
    func set(_ report: Report) -> ReportSet { ReportSet(path: name, reports: [report], isSingle: true) }
    return ReportDiff(set(base), set(report), tolerances: Tolerances(), timing: true)
  }()

  static let texts: [(String, String)] = [
    ("table", report.table()), ("report.csv", report.csv()), ("layers.csv", report.layersCSV()),
    ("expectations.csv", report.expectationsCSV()), ("page", ReportPage(report).html()),
    ("suite", ReportPage(suite: name, [report]).html()),
    ("markdown", ReportSet(path: name, reports: [report], isSingle: true).markdown()),
    ("diff", diff.text()), ("diff, markdown", diff.markdown()), ("diff, JUnit", diff.junit()),
    ("progress", ProgressStyle.plain.line(.message(name), label: name) ?? ""),
    ("message", ReportError(path: quoted(name), message: quoted(name)).description),
  ]

  @Test("leave nothing invisible in any text but its own line breaks", arguments: texts)
  func invisible(_ what: String, _ text: String) {
    #expect(text.unicodeScalars.contains("c"), "\(what)")
    for line in text.unicodeScalars.split(separator: "\n") {
      let line = String(String.UnicodeScalarView(line))
      #expect(visible(line) == line, "\(what): \(line.debugDescription)")
    }
  }

  @Test("stand on one line of a table")
  func lines() {
    #expect(
      Self.report.csv().split(separator: "\n").count == Sample.report.csv().split(separator: "\n").count)
    #expect(
      Self.report.table().split(separator: "\n").count == Sample.report.table().split(separator: "\n").count)
    #expect(
      ReportSet(path: "", reports: [Self.report], isSingle: true).markdown().split(separator: "\n").count == 3
    )
  }

  @Test("separators are escaped whatever stands behind them")
  func separators() {
    let markdown = markdownEscaped(Self.name).unicodeScalars
    for (before, scalar) in zip(markdown, markdown.dropFirst()) where ["|", "`"].contains(scalar) {
      #expect(before == "\\")
    }
    #expect(!markdown.contains("<"))
    #expect(markdownCode(Self.name).unicodeScalars.count { $0 == "`" } == 2)
    let field = csvTable(["x"], [[Self.name]]).unicodeScalars.split(separator: "\n")[1]
    #expect(field.first == "\"" && field.last == "\"" && field.count { $0 == "\"" } == 4)
  }
}
