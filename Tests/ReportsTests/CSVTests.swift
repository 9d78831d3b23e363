import Foundation
import TestSupport
import Testing

@testable import Reports

@Suite("CSV files of a report")
struct CSVTests {
  @Test("report.csv has a row for each run and variant")
  func csv() {
    let rows = Sample.report.csv().split(separator: "\n")
    #expect(rows.count == 5)
    #expect(
      rows[0]
        == "experiment,seed,variant,top1,top5,test_loss,parameters,macs,channels,train_seconds,train_cpu_seconds,spent_seconds,train_left_out,test_left_out"
    )
    #expect(rows[2] == "trial,0,pruned,82.0,,0.5,500,6000,12,8.0,15.0,8.0,,")
  }

  @Test("layers.csv and history.csv have a row for each layer and epoch, empty where nothing is known")
  func tables() {
    #expect(
      Sample.report.layersCSV().split(separator: "\n")[2]
        == "trial,0,pruned,layer1.0.conv1,convolution,20,12,1000,500,10000,6000")
    let history = Sample.report.historyCSV().split(separator: "\n")
    #expect(history[1] == "trial,0,baseline,1,0.1,1.5,40.0,,,,20,1000,10000,10.0,1.0,0.0,100.0,,,")
    #expect(history[2] == "trial,0,pruned,1,0.1,1.5,40.0,,,,12,500,6000,6.0,1.0,2.0,160.0,11.5,1.5,3.5")
    #expect(history[3] == "trial,1,baseline,1,0.1,1.5,40.0,,,,20,1000,10000,,,,,,,")
  }

  @Test("summary.csv has a row for each number over the seeds, expectations.csv one for each expectation")
  func summaries() {
    let summary = Sample.report.summaryCSV().split(separator: "\n")
    #expect(summary[0] == "experiment,variant,metric,mean,std,n,ci95_low,ci95_high")
    #expect(summary[6] == "trial,pruned,top1,82.0,0.0,2,,")
    #expect(summary.last == "trial,,channel_reduction,0.4,0.0,2,,")
    let expectations = Sample.report.expectationsCSV().split(separator: "\n")
    #expect(
      expectations[0]
        == "experiment,metric,paper,limit,at_most,at_least,measured,ci95_low,ci95_high,met,ci95_verdict")
    #expect(expectations[2] == "trial,compression,,at_least 1.5,,1.5,2.0,,,true,")
  }

  @Test("summary.csv has no deviation of a single seed")
  func singleSeed() {
    var report = Sample.report
    report.runs.removeAll { $0.seed > 0 }
    report.summary = Summary(report.runs, expectations: Sample.expectations)
    #expect(report.summaryCSV().contains("trial,pruned,top1,82.0,,1,,\n"))
  }

  @Test("latency.csv has a row for each batch size")
  func latency() {
    var report = Sample.report
    report.timing.runs[0].latency = [
      Timing.Latency(batchSize: 1, milliseconds: 0.5), Timing.Latency(batchSize: 128, milliseconds: 20),
    ]
    #expect(
      report.latencyCSV() == """
        experiment,seed,variant,batch_size,milliseconds
        trial,0,baseline,1,0.5
        trial,0,baseline,128,20.0

        """)
  }

  @Test("every column of every CSV file is in the document, and no other")
  func documentedColumns() throws {
    let text = try Repository.text("docs/reading-reports.md")
    let table = try #require(
      text.components(separatedBy: "<!-- columns -->").last?.components(separatedBy: "<!-- end").first)
    var documented: [String: [String]] = [:]
    var file = ""
    for row in table.split(separator: "\n").dropFirst(2) {
      let cells = row.components(separatedBy: "|").map { $0.split(separator: "`").map(String.init) }
      if let name = cells[1].first(where: { $0.hasSuffix(".csv") }) { file = name }
      documented[file, default: []] += cells[2].filter { !$0.contains(" ") }
    }
    for (name, csv) in [
      ("report.csv", Sample.report.csv()), ("summary.csv", Sample.report.summaryCSV()),
      ("expectations.csv", Sample.report.expectationsCSV()), ("layers.csv", Sample.report.layersCSV()),
      ("history.csv", Sample.report.historyCSV()), ("latency.csv", Sample.report.latencyCSV()),
    ] {
      let columns = csv.split(separator: "\n")[0].split(separator: ",").map(String.init)
      #expect(Set(documented[name] ?? []) == Set(columns), "\(name)")
    }
    #expect(documented.count == 6)
  }

  @Test("fields with commas and quotes are quoted, line feeds are escapes")
  func quoting() {
    var report = Sample.report
    report.experiment = "a,\"b\"\nc"
    #expect(report.csv().contains("\"a,\"\"b\"\"\\nc\",0,baseline"))
  }

  @Test("seconds that nobody has measured are empty, not 0")
  func unknownSeconds() {
    #expect(Sample.report.csv().split(separator: "\n")[3] == "trial,1,baseline,83.5,,0.5,1000,10000,20,,,,,")
  }
}
