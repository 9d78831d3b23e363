import Foundation
import Specification
import Synchronization
import Testing

@testable import Reports

@Suite("Reports as text")
struct TextTests {
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

  @Test("tables of several experiments mark results that a failed run has left as they were")
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
    report.spec = .object([("evaluate", half)])
    #expect(report.precisionPhrase?.hasSuffix("as float32 in training and bfloat16 in evaluation") == true)
    let settings = try #require(DiffTests.diff(Sample.report, report).experiments[0].spec)
    #expect(settings.map(\.description).contains("evaluate.precision: none -> \"bfloat16\""))
  }

  @Test("a baseline that is pruned from the start is told as that")
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

  @Test("sizes of layers whose sum is too large for an integer are told, not trapped on")
  func hugeLayers() {
    var report = Sample.report
    report.runs[0].layers[0].parametersBefore = .max
    report.runs[0].layers += report.runs[0].layers
    #expect(report.prunedStartPhrase?.contains("with 2000 parameters of \(Int.max): ") == true)
  }

  @Test("every column of every CSV file is in the document, and no other")
  func documentedColumns() throws {
    let text = try String(contentsOfFile: repository + "/docs/reading-reports.md", encoding: .utf8)
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
      "  both seeds          82.50, 83.50   82.00, 82.00   -1.50, -0.50\n", "-50.0 %", "-40.0 %",
      "compression 2.00×, MACs removed 40.0 %", "MISSED accuracy_drop: 1.000 (at most 0.5, paper 0.01)",
      "met    compression: 2.000 (at least 1.5)",
    ] {
      #expect(two.contains(text), "\(text) in\n\(two)")
    }
    for text in ["88.63 ± 9.77", "64.36 to 100.00", "-30.37 to +17.31", "but the 95 % interval reaches"] {
      #expect(three.contains(text), "\(text) in\n\(three)")
    }
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

  static let step = StepProgress(
    epoch: 2, epochs: 6, step: 5, steps: 10, loss: 0.51234, accuracy: 81.26, channels: 582, macs: 25_870_000,
    imagesPerSecond: 512.4, secondsToGo: 187)
  static let pruning = PruningProgress(
    epoch: 1,
    removed: [.init(layer: "layer1.0.conv1", channels: 3), .init(layer: "layer3.2.conv2", channels: 2)],
    before: .init(channels: 672, parameters: 272_186, macs: 31_020_000),
    after: .init(channels: 667, parameters: 270_000, macs: 30_000_000))

  @Test("the bar fits the terminal, and loses what matters least first")
  func bar() {
    let full =
      "epoch 2/6 ██████████░░░░░░░░░░ 512 images/s, loss 0.512, 81.3 %, 3 min to go, 582 channels, 25.87 M MACs"
    #expect(progressBar(Self.step, columns: 120) == full)
    #expect(progressBar(Self.step, columns: full.count) == full)
    #expect(
      progressBar(Self.step, columns: 79)
        == "epoch 2/6 50 % 512 images/s, loss 0.512, 81.3 %, 3 min to go, 582 channels")
    #expect(progressBar(Self.step, columns: 30) == "epoch 2/6 50 % 512 images/s")
    for columns in -1...120 { #expect(progressBar(Self.step, columns: columns).count <= max(columns, 0)) }
  }

  @Test("the bar survives nonsense", arguments: [(5, 0), (20, 10), (-3, 10)])
  func strangeSteps(_ number: Int, _ steps: Int) {
    var step = Self.step
    (step.step, step.steps, step.loss, step.imagesPerSecond) = (number, steps, .nan, .infinity)
    #expect(progressBar(step, columns: 120).count { "█░".contains($0) } == 20)
  }

  @Test("progress as JSON: sorted keys, no layer lost, null where a value is not finite")
  func json() {
    var epoch = Sample.runs[0].history[0]
    epoch.trainLoss = .nan
    #expect(
      ProgressStyle.json.line(.epochEnded(epoch, epochs: 3, seconds: 1.25, imagesPerSecond: 80))
        == #"{"channels":20,"epoch":1,"epochs":3,"event":"epoch_ended","images_per_s":80,"macs":10000,"#
        + #""parameters":1000,"seconds":1.25,"train_loss":null,"train_top1":40}"#)
    var pruning = Self.pruning
    pruning.removed.append(pruning.removed[0])
    #expect(
      ProgressStyle.json.line(.pruned(pruning))
        == #"{"channels":667,"epoch":1,"event":"pruned","macs":30000000,"parameters":270000,"#
        + #""removed":{"layer1.0.conv1":6,"layer3.2.conv2":2}}"#)
    #expect(ProgressStyle.json.line(.step(Self.step)) == nil)
  }

  @Test("warnings are shown whatever the mode, and nothing else where progress is not wanted")
  func warnings() {
    for style in [ProgressStyle.bar, .plain, .warnings] {
      #expect(style.line(.warning("a\nb")) == "espalier: warning: a\\nb")
    }
    #expect(ProgressStyle.json.line(.warning("a")) == #"{"event":"warning","message":"a"}"#)
    let named = ProgressEvent.warning("a", of: TrainingName(experiment: "e", variant: "pruned", seed: 3))
    #expect(ProgressStyle.plain.line(named) == "espalier: warning: a")
    #expect(ProgressStyle.bar.line(named, label: "e pruned 3") == "espalier: warning: [e pruned 3] a")
    #expect(ProgressStyle.warnings.line(named) == "espalier: warning: e, pruned, seed 3: a")
    #expect(
      ProgressStyle.json.line(named)
        == #"{"event":"warning","experiment":"e","message":"a","seed":3,"variant":"pruned"}"#)
    #expect(ProgressStyle.warnings.line(.message("a")) == nil)
    #expect(ProgressStyle.warnings.line(.pruned(Self.pruning)) == nil)
  }

  @Test("lines say which training of how many, and the time left for all")
  func suite() {
    let first = SuiteProgress(training: 1, trainings: 8, secondsToGo: nil)
    let second = SuiteProgress(training: 2, trainings: 8, secondsToGo: 720)
    func started(_ suite: SuiteProgress?, _ style: ProgressStyle = .plain) -> String? {
      style.line(
        .runStarted(
          TrainingName(experiment: "e", variant: "pruned", seed: 1), epochs: 1, finished: 0, suite: suite))
    }
    #expect(started(nil) == "e, pruned, seed 1: 1 epoch")
    #expect(started(first) == "e, pruned, seed 1: 1 epoch (training 1 of 8)")
    #expect(started(second) == "e, pruned, seed 1: 1 epoch (training 2 of 8, 12 min to go for all)")
    #expect(
      started(SuiteProgress(training: 1, trainings: 1, secondsToGo: 3))
        == "e, pruned, seed 1: 1 epoch (3.0 s to go)")
    #expect(
      started(second, .json)
        == #"{"epochs":1,"event":"run_started","experiment":"e","finished":0,"seconds_to_go":720,"seed":1,"#
        + #""training":2,"trainings":8,"variant":"pruned"}"#)
    let epoch = ProgressEvent.epochEnded(
      Sample.runs[0].history[0], epochs: 3, seconds: 1.25, imagesPerSecond: 80, suite: second)
    #expect(ProgressStyle.plain.line(epoch)?.hasSuffix("80 images/s; 12 min to go for all") ?? false)
    let ended = ProgressEvent.experimentEnded(experiment: "e", report: "results/e/report.json")
    #expect(ProgressStyle.plain.line(ended) == nil)
    #expect(
      ProgressStyle.json.line(ended)
        == #"{"event":"experiment_ended","experiment":"e","report":"results/e/report.json"}"#)
    #expect(
      ProgressStyle.json.line(.experimentEnded(experiment: "e", report: nil, problem: "p"))
        == #"{"event":"experiment_ended","experiment":"e","problem":"p"}"#)
  }

  @Test("trainings side by side have a line each and one for all, drawn over themselves")
  func bars() {
    let written = Mutex("")
    let bars = ProgressBars { text in written.withLock { $0 += text } }
    func take() -> String {
      written.withLock { text in
        defer { text = "" }
        return text
      }
    }
    var step = Self.step
    step.step = step.steps
    step.suite = SuiteProgress(training: 1, trainings: 3, secondsToGo: 60)
    bars.show(step, label: "a baseline 0", columns: 60)
    #expect(
      take()
        == "\r\u{1B}[Ja baseline 0: epoch 2/6 100 % 512 images/s, loss 0.512\ntraining 1 of 3, 60 s to go for all"
    )
    step.suite?.training = 2
    bars.show(step, label: "b pruned 0", columns: 60)
    #expect(take().split(separator: "\n").count == 3)
    bars.write("a line\n")
    #expect(take() == "\r\u{1B}[2A\u{1B}[Ja line\n")
    bars.remove("a baseline 0")
    bars.show(step, label: "b pruned 0", columns: 60)
    let lines = take()
    #expect(
      lines.hasPrefix("\r\u{1B}[Jb pruned 0: ") && lines.hasSuffix("\ntraining 2 of 3, 60 s to go for all"))
    bars.clear()
    #expect(take() == "\r\u{1B}[1A\u{1B}[J")
    bars.clear()
    #expect(take().isEmpty)
  }

  @Test("no more bars are drawn than the terminal has rows for, and always the line for all")
  func manyBars() {
    let written = Mutex("")
    let bars = ProgressBars { text in written.withLock { $0 += text } }
    var step = Self.step
    step.step = step.steps
    for suite in [nil, SuiteProgress(training: 1, trainings: 30, secondsToGo: 60)] {
      step.suite = suite
      for index in 0..<30 { bars.show(step, label: "training \(index)", columns: 60, rows: 24) }
      let text = written.withLock { $0 }
      #expect(text.contains("\u{1B}[22A") && !text.contains("\u{1B}[23A"))
      let lines = text.split(separator: "\u{1B}[J").last?.split(separator: "\n") ?? []
      #expect(lines.count == 23)
      #expect(lines.last?.hasPrefix(suite == nil ? "training 22: " : "training 1 of 30, ") == true)
    }
  }

  @Test("while something else is written, the bars of other threads wait")
  func pausing() {
    let written = Mutex("")
    let bars = ProgressBars { text in written.withLock { $0 += text } }
    let (isStarted, isDone) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    bars.pausing {
      Thread.detachNewThread {
        isStarted.signal()
        bars.show(Self.step, label: "a", columns: 60)
        isDone.signal()
      }
      isStarted.wait()
      Thread.sleep(forTimeInterval: 0.05)
      let text = written.withLock { $0 }
      #expect(text == "")
    }
    isDone.wait()
    let text = written.withLock { $0 }
    #expect(text.contains("a: epoch 2/6"))
  }

  @Test("progress lines")
  func progress() {
    #expect(
      ProgressStyle.plain.line(.pruned(Self.pruning))
        == "pruned 5 channels after epoch 1: layer1.0.conv1 3, layer3.2.conv2 2; channels 672 -> 667, "
        + "parameters 272.19 k -> 270.00 k, MACs 31.02 M -> 30.00 M")
    #expect(ProgressStyle.plain.line(.step(Self.step)) == nil)
    #expect(ProgressStyle.json.line(.message("a \"b\"")) == #"{"event":"message","message":"a \"b\""}"#)
    #expect(
      ProgressStyle.plain.line(
        .runStarted(
          TrainingName(experiment: "e", variant: "pruned", seed: 1), epochs: 10, finished: 4))
        == "e, pruned, seed 1: 10 epochs, 4 of them done before")
    #expect(
      ProgressStyle.plain.line(
        .epochEnded(Sample.runs[0].history[0], epochs: 3, seconds: 1.25, imagesPerSecond: 80))
        == "epoch 1/3: loss 1.5000, train 40.00 %, 20 channels, 10.00 k MACs, 1.2 s, 80 images/s")
  }
}
