import Foundation
import Specification
import Testing

@testable import Reports

@Suite("Reports as text")
struct TextTests {
  @Test("tables of several experiments mark results that a failed run has not replaced")
  func failed() {
    var report = Sample.report
    report.status = .failed
    let set = ReportSet(path: "", reports: [report], isSingle: true)
    #expect(set.markdown().contains("\n| trial (failed) | "))
    let list = RunList(set)
    #expect(list.text().contains("\ntrial (failed) "))
    #expect(list.markdown().contains("\n| trial (failed) | "))
    #expect(list.csv().split(separator: "\n")[1].hasPrefix("trial,0,baseline,"))
    #expect(list.csv().split(separator: "\n")[1].hasSuffix(",failed"))
    #expect(!RunList(ReportSet(path: "", reports: [Sample.report], isSingle: true)).text().contains("("))
  }

  @Test("pictures that were left out are counted in JSON, CSV, the table and the page")
  func leftOut() throws {
    #expect(Sample.report.leftOutPhrase == nil && !Sample.report.json().contains("left_out"))
    var report = Sample.report
    for index in report.runs.indices { report.runs[index].leftOut = LeftOutPictures(train: 3, test: 1) }
    #expect(report.deterministicJSON().contains("\"left_out\""))
    #expect(try Report(json: report.json()) == report)
    #expect(report.csv().split(separator: "\n").dropFirst().allSatisfy { $0.hasSuffix(",3,1") })
    let phrase = "left out as damaged: 3 training pictures, 1 test picture"
    #expect(report.table().contains("\n\(phrase)\n"))
    #expect(ReportPage(report).html().contains(phrase.dropFirst()))
    for index in report.runs.indices { report.runs[index].leftOut = LeftOutPictures(train: 0, test: 0) }
    #expect(report.leftOutPhrase == nil)
  }

  @Test("a report says where activations were not in single precision, and a diff that the setting changed")
  func precision() throws {
    #expect(Sample.report.precisionPhrase == nil)
    var report = Sample.report
    let half = JSON.object([("precision", .string("bfloat16"))])
    report.spec = .object([("train", half)])
    let phrase = "activations were stored as bfloat16 in training and float32 in evaluation"
    #expect(report.precisionPhrase == phrase)
    #expect(report.table().contains("\n\(phrase)\n"))
    #expect(ReportPage(report).html().contains(phrase.dropFirst()))
    func markdown(_ report: Report) -> String {
      ReportSet(path: "", reports: [Sample.report, report], isSingle: false).markdown()
    }
    // Below the table.
    let lines = markdown(report).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(Array(lines.suffix(2)) == ["", "- trial: \(phrase)"])
    #expect(markdown(Sample.report).hasSuffix("|"))
    report.spec = .object([("evaluate", half)])
    #expect(report.precisionPhrase?.hasSuffix("as float32 in training and bfloat16 in evaluation") == true)
    let settings = try #require(DiffTests.diff(Sample.report, report).experiments[0].spec)
    #expect(settings.map(\.description).contains("evaluate.precision: none -> \"bfloat16\""))
  }

  @Test("a baseline that is pruned from the start is shown as that")
  func prunedStart() {
    #expect(Sample.report.prunedStartPhrase == nil)
    var report = Sample.report
    for index in report.runs.indices { report.runs[index].layers[0].parameters = 600 }
    let phrase =
      "the start weights are a pruned network's, with 600 parameters of 1000: changes are from there, "
      + "targets of pruning from the whole network"
    #expect(report.prunedStartPhrase == phrase)
    #expect(report.table().replacing("\n  ", with: " ").contains("\n\(phrase)\n"))
    #expect(ReportPage(report).html().contains(Markup.escaped(phrase).dropFirst()))
  }

  @Test("sizes of layers whose sum is too large for an integer are shown, not trapped on")
  func hugeLayers() {
    var report = Sample.report
    report.runs[0].layers[0].parametersBefore = .max
    report.runs[0].layers += report.runs[0].layers
    #expect(report.prunedStartPhrase?.contains("with 2000 parameters of \(Int.max): ") == true)
  }

  @Test("the table of two seeds has both values, that of three their interval; both fit 80 columns")
  func table() {
    let two = Sample.report.table()
    var report = Sample.report
    report.runs += [Sample.run(2, "baseline", top1: 99.9), Sample.run(2, "pruned", top1: 82.3)]
    report.summary = Summary(report.runs, expectations: Sample.expectations)
    let three = report.table()
    for line in (two + "\n" + three).split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    for text in [
      "top-1 accuracy, %            83.00          82.00          -1.00\n",
      "  both seeds          82.50, 83.50   82.00, 82.00   -0.50, -1.50\n", "-50.0 %", "-40.0 %",
      "compression 2.00×, MACs removed 40.0 %", "MISSED accuracy_drop: 1.000 (at most 0.5, paper 0.01)",
      "met    compression: 2.000 (at least 1.5)",
    ] {
      #expect(two.contains(text), "\(text) in\n\(two)")
    }
    for text in ["88.63 ± 9.77", "64.36 to 100.00", "-30.37 to +17.31", "but the 95 % interval reaches"] {
      #expect(three.contains(text), "\(text) in\n\(three)")
    }
  }

  @Test("both values of two seeds are in the order of the seeds in all columns of a row")
  func seedOrder() {
    var report = Sample.report
    report.runs = [
      Sample.run(7, "pruned", top1: 63), Sample.run(7, "baseline", top1: 67),
      Sample.run(0, "baseline", top1: 82), Sample.run(0, "pruned", top1: 57),
    ]
    report.summary = Summary(report.runs, expectations: [])
    #expect(report.table().contains("82.00, 67.00   57.00, 63.00   -25.00, -4.00\n"), "\(report.table())")
    let pairs = ["74.50 (82.00,\u{A0}67.00)", "60.00 (57.00,\u{A0}63.00)", "14.50 (25.00,\u{A0}4.00)"]
    let set = ReportSet(path: "", reports: [report], isSingle: true)
    #expect(set.markdown().contains("| \(pairs.joined(separator: " | ")) |"), "\(set.markdown())")
    #expect(
      report.comparison().rows[0].map(\.text).dropFirst()
        == [pairs[0], pairs[1], "−14.50 (−25.00,\u{A0}−4.00)"])
    #expect(Verdict(report).text.contains("accuracy drop \(pairs[2]) points"))
    let page = ReportPage(suite: "several", [report, Sample.report]).html()
    for pair in pairs { #expect(page.contains(">\(pair)</td>")) }
  }

  @Test(
    "a value beside a limit has as many digits as it takes to be on its side of it",
    arguments: [
      (0.40199, .atLeast(0.402), "MISSED", "0.40199", "0.40199"),
      (0.40204, .atLeast(0.402), "met   ", "0.402", "0.402"),
      (-0.099999, .atMost(-0.1), "MISSED", "-0.099999", "−0.099999"),
      (1234.4, .atMost(1234), "MISSED", "1234.400", "1234.4"),
      // On the limit but for rounding.
      (59.6 - 56.8, .atMost(2.8), "met   ", "2.800", "2.8"),
    ] as [(Double, ExpectationSpec.Limit, String, String, String)])
  func besideLimit(
    _ value: Double, _ limit: ExpectationSpec.Limit, _ outcome: String, _ text: String, _ cell: String
  ) throws {
    var report = Sample.report
    let expectation = ExpectationSpec(metric: "accuracy_drop", limit: limit)
    report.summary.expectations = [ExpectationResult(expectation, Statistic([value]))]
    #expect(report.table().contains("\n\(outcome) accuracy_drop: \(text) ("), "\(report.table())")
    #expect(try #require(report.expectations()).rows[0][2].text == cell)
  }

  @Test("the end of an interval has as many digits as it takes to be on its side of the limit")
  func endBesideLimit() {
    var report = Sample.report
    let expectation = ExpectationSpec(metric: "accuracy_drop", limit: .atMost(0.5))
    var result = ExpectationResult(expectation, Statistic([0.25]))
    (result.ci95, result.ci95Verdict) = (ConfidenceInterval(low: 0, high: 0.50003), .open)
    report.summary.expectations = [result]
    #expect(report.table().hasSuffix("but the 95 % interval reaches 0.50003"), "\(report.table())")
  }

  @Test("the change of a time below a second is a difference, in the table as on the page")
  func shortTimes() {
    var report = Sample.report
    #expect(report.table().contains("seconds, last epoch           10.0            8.0        -20.0 %"))
    for index in report.timing.runs.indices { report.timing.runs[index].epochs[0].trainSeconds /= 20 }
    #expect(report.table().contains("seconds, last epoch           0.50           2.30        +1.80 s"))
    #expect(
      report.costTable().rows.map { $0.map(\.text) }.contains([
        "seconds, last epoch", "0.50", "2.30", "+1.80\u{A0}s",
      ]))
  }

  @Test("a table that is too wide loses its expendable columns, then the middle of its names")
  func narrowTables() {
    let table = TextTable(
      [
        ["experiment", "seeds", "top-1", "MACs"],
        ["short-resnet20-choices-interval1", "3", "90.12", "1.23 M"],
      ],
      expendable: ["seeds", "MACs"])
    #expect(
      table.lines() == [
        "experiment                        seeds  top-1    MACs",
        "short-resnet20-choices-interval1      3  90.12  1.23 M",
      ])
    #expect(table.lines(columns: 50)[1] == "short-resnet20-choices-interval1  90.12  1.23 M")
    #expect(table.lines(columns: 40)[1] == "short-resnet20-choices-interval1  90.12")
    #expect(table.lines(columns: 30) == ["experiment               top-1", "short-resne…s-interval1  90.12"])
    #expect(TextTable([]).lines(columns: 10) == [])
    for columns in 20...60 { #expect(table.lines(columns: columns).allSatisfy { $0.count <= columns }) }
  }

  @Test("lines are broken at spaces, and a long word is left whole")
  func wrapping() {
    #expect(wrapped("one two three", columns: 8, indent: "  ") == ["one two", "  three"])
    #expect(wrapped("incomprehensible words", columns: 5) == ["incomprehensible", "words"])
    #expect(wrapped("", columns: 5) == [""])
  }

  @Test(
    "magnitudes are short",
    arguments: [
      (0, "0"), (9_999, "9999"), (10_000, "10.00 k"), (999_994, "999.99 k"), (999_996, "1.00 M"),
      (40_813_184, "40.81 M"), (3_660_000_000, "3.66 G"),
    ])
  func magnitudes(_ count: Int, _ text: String) {
    #expect(magnitude(count) == text)
  }

  @Test(
    "durations are short, and survive nonsense",
    arguments: [
      (0.4, "0.4 s"), (9.96, "10 s"), (59.4, "59 s"), (119.4, "119 s"), (120, "2 min"), (7169, "119 min"),
      (7509, "2 h 5 min"), (180_000, "2 d 2 h"), (.nan, "?"), (-1, "?"), (.infinity, "?"),
    ])
  func durations(_ seconds: Double, _ text: String) {
    #expect(duration(seconds) == text)
  }
}
