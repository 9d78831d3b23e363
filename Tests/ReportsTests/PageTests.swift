import Foundation
import FoundationXML
import Specification
import TestSupport
import Testing

@testable import Reports

@Suite("The page of a report")
struct PageTests {
  /// By name: reports with much, with little and with nothing in them.
  static let reports: [String: Report] = {
    var reports = ["sample": Sample.report]
    func variation(_ name: String, _ change: (inout Report) -> Void) {
      var report = Sample.report
      change(&report)
      report.summary = Summary(report.runs, expectations: Sample.expectations)
      reports[name] = report
    }
    variation("no runs") { $0.runs = [] }
    variation("no timing") { $0.timing.runs = [] }
    variation("baseline alone") { $0.runs.removeAll { $0.variant == "pruned" } }
    variation("pruned alone") { $0.runs.removeAll { $0.variant == "baseline" } }
    variation("no epochs") { for index in $0.runs.indices { $0.runs[index].history = [] } }
    variation("no layers") { for index in $0.runs.indices { $0.runs[index].layers = [] } }
    variation("interrupted") { $0.status = .interrupted }
    variation("not finite") {
      for index in $0.runs.indices {
        $0.runs[index].history[0].trainLoss = .nan
        $0.runs[index].history[0].testLoss = -.infinity
        $0.runs[index].testLoss = .nan
      }
    }
    variation("no accuracy") {
      for index in $0.runs.indices { $0.runs[index].top1 = index == 0 ? .nan : .infinity }
    }
    variation("huge") {
      for index in $0.runs.indices {
        $0.runs[index].history[0].trainLoss = 1e300 * Double(index)
        $0.runs[index].macs = .max / 8
        $0.runs[index].layers[0].macsBefore = .max
        $0.runs[index].history[0].epoch = 1_000_000
      }
    }
    variation("hostile names") {
      $0.experiment = Self.hostile
      $0.description = Self.hostile
      $0.environment.processor = Self.hostile
      for index in $0.runs.indices {
        $0.runs[index].layers[0].name = Self.hostile
        $0.runs[index].layers[0].kind = Self.hostile
      }
    }
    variation("large") { report in
      report.runs = (0..<10 as Range<UInt64>).flatMap { seed -> [RunReport] in
        ["baseline", "pruned"].map { variant -> RunReport in
          var run = Sample.run(seed, variant, top1: 80 + Double(seed) / 7)
          let (layer, epoch) = (run.layers[0], run.history[0])
          run.layers = (0..<110).map { index in
            var layer = layer
            layer.name = "layer\(index).conv1"
            return layer
          }
          run.history = (1...200).map { index in
            var epoch = epoch
            (epoch.epoch, epoch.testTop1, epoch.trainLoss) = (
              index, 90 - 80 / Double(index), 2 / Double(index + 1)
            )
            return epoch
          }
          return run
        }
      }
    }
    return reports
  }()

  static let hostile =
    "<script>alert(1)</script>\"\u{301} onload='x' ]]> <!-- & &amp; \u{0}\u{1B}\u{FFFE} 名前 \u{202E}http://example.org/"

  static let pages: [(String, String)] =
    reports.sorted { $0.key < $1.key }.map { ($0.key, ReportPage($0.value).html()) }
    + [
      ("suite", ReportPage(suite: "a <b>", reports.sorted { $0.key < $1.key }.map(\.value)).html()),
      ("empty suite", ReportPage(suite: "none", []).html()),
    ]

  @Test("is well-formed, as are its plots as files", arguments: pages)
  func wellFormed(_ name: String, _ page: String) throws {
    let document = try #require(Document(page), "\(name)")
    #expect(document.problem == nil, "\(name)")
    guard let report = Self.reports[name] else { return }
    for file in report.plotFiles() {
      let document = Document(file.svg)
      #expect(document?.problem == nil, "\(name), \(file.name)")
      #expect(document?.names.first == "svg")
    }
  }

  @Test("holds its own script alone, whatever the names, and elements that we use", arguments: pages)
  func elements(_ name: String, _ page: String) throws {
    let known: Set = [
      "a", "body", "caption", "dd", "desc", "details", "div", "dl", "dt", "figcaption", "figure", "h1", "h2",
      "h3",
      "head", "header", "html", "meta", "p", "path", "pre", "rect", "script", "section", "style", "summary",
      "svg",
      "table",
      "tbody", "td", "text", "th", "thead", "title", "tr",
    ]
    let document = try #require(Document(page))
    #expect(Set(document.names).subtracting(known) == [])
    #expect(Set(document.attributes.map(\.name)).filter { $0.hasPrefix("on") } == [])
    #expect(document.count("script") == 1)
    #expect(page.contains("<script>\(PageScript.text)</script>"))
  }

  @Test("loads nothing from anywhere", arguments: pages)
  func offline(_ name: String, _ page: String) throws {
    let document = try #require(Document(page))
    for attribute in document.attributes where !["aria-label"].contains(attribute.name) {
      #expect(!attribute.value.contains("//"), "\(attribute)")
    }
    for attribute in document.attributes where attribute.name == "href" {
      #expect(document.attributes.contains { $0.name == "id" && "#" + $0.value == attribute.value })
    }
    #expect(!document.attributes.contains { $0.name == "src" })
    #expect(!Stylesheet.text.contains("url(") && !Stylesheet.text.contains("@import"))
  }

  @Test("has no number that is not one", arguments: pages)
  func numbers(_ name: String, _ page: String) throws {
    let document = try #require(Document(page))
    for attribute in document.attributes
    where ["d", "x", "y", "width", "height", "viewBox"].contains(attribute.name) {
      #expect(attribute.value.firstMatch(of: /nan|inf/) == nil, "\(name): \(attribute)")
    }
  }

  @Test(
    "is accessible: headers of rows and columns, a title and a summary in every drawing, headings in order")
  func accessibility() throws {
    for (name, page) in Self.pages {
      let document = try #require(Document(page))
      #expect(document.count("svg") == document.count("desc"), "\(name)")
      #expect(document.attributes.count { $0 == ("role", "img") } == document.count("svg"))
      #expect(document.attributes.count { $0.name == "scope" } == document.count("th"))
      #expect(document.count("caption") == document.count("table"))
      #expect(document.count("h1") == 1, "\(name)")
      let levels = document.names.compactMap {
        $0.count == 2 && $0.hasPrefix("h") ? $0.last?.wholeNumberValue : nil
      }
      #expect(zip(levels, levels.dropFirst()).allSatisfy { $1 <= $0 + 1 }, "\(name)")
    }
  }

  @Test("text stays inside of its drawing", arguments: reports.sorted { $0.key < $1.key }.map(\.key))
  func inside(_ name: String) throws {
    for figure in try #require(Self.reports[name]).figures() {
      let document = try #require(Document(figure.drawing.svg(.paper).serialized()))
      for text in document.texts {
        let width = textWidth(text.content, size: text.size)
        let share = text.anchor == "start" ? 0 : text.anchor == "middle" ? 0.5 : 1
        let left = text.x - share * width
        #expect(left >= 0 && left + width <= Drawing.width, "\(name), \(figure.name): \(text)")
      }
    }
  }

  @Test("values that are all alike get an axis from 0, losses no thousands, a single epoch its points")
  func extremes() throws {
    let (axis, unit) = try #require(
      Plot.Axis.quantity("MACs", [40_813_184, 40_813_184], inThousands: true, atMost: 6))
    #expect(axis.label == "MACs (M)" && unit == 1e6)
    #expect(axis.scale.ticks.map(\.label) == ["0", "10", "20", "30", "40", "50"])
    let (loss, whole) = try #require(
      Plot.Axis.quantity("Cross-entropy", [0.5, 1e12], inThousands: false, atMost: 3))
    #expect(loss.label == "Cross-entropy" && whole == 1)
    #expect(loss.scale.ticks.map(\.label) == ["0.0e+00", "5.0e+11", "1.0e+12"])
    let loss1 = try #require(Sample.report.figures().first { $0.name == "loss" }?.drawing as? Plot)
    #expect(loss1.series.allSatisfy { $0.points.count == 1 && $0.style.marker != nil })
    #expect(
      try #require(Self.reports["baseline alone"]).figures().map(\.name) == [
        "accuracy", "loss", "training-macs", "training-seconds",
      ])
  }

  @Test("an axis of accuracies spans two points at least, within 0 to 100")
  func accuracyAxis() throws {
    for values in [[91.32, 91.4], [99.95, 100], [0, 0], [0.3], [50, 58], [10, 99]] {
      let domain = try #require(Plot.Axis.accuracy(values)).scale.domain
      #expect(domain.upperBound - domain.lowerBound >= 2, "\(values): \(domain)")
      #expect(domain.lowerBound >= 0 && domain.upperBound <= 100, "\(values): \(domain)")
      #expect(values.allSatisfy(domain.contains), "\(values): \(domain)")
    }
    // Hostile values have a place, too.
    #expect(try #require(Plot.Axis.accuracy([150])).scale.domain.contains(150))
  }

  @Test("captions say what is so: augmentation where there was some, steps where channels were removed")
  func captions() throws {
    func caption(_ change: (inout Report) -> Void) throws -> String {
      var report = Sample.report
      change(&report)
      return try #require(report.figures().first { $0.name == "accuracy" }).caption
    }
    func augmented(_ flips: Bool) -> JSON {
      .object([
        (
          "dataset",
          .object([
            ("augment", .object([("random_crop", .null), ("horizontal_flip", .boolean(flips))]))
          ])
        )
      ])
    }
    #expect(try !caption { $0.spec = nil }.contains("augmented"))
    #expect(try !caption { $0.spec = augmented(false) }.contains("augmented"))
    #expect(try caption { $0.spec = augmented(true) }.contains("on augmented images"))
    #expect(try caption { _ in }.contains("pruning step"))
    #expect(try !caption { $0.runs.removeAll { $0.variant == "pruned" } }.contains("pruning step"))
  }

  @Test("plots of many experiments share one legend on the page, and have their own as files")
  func sharedLegend() throws {
    let reports = (0..<6).map { index in
      var report = Sample.report
      report.experiment = "experiment-\(index)"
      report.runs[1].macs += index
      report.spec = .object([("train", .object([("epochs", .integer(index))]))])
      return report
    }
    let page = ReportPage(suite: "many", reports)
    let document = try #require(Document(page.html()))
    let names = document.texts.map(\.content).filter { $0 == "experiment-3" }
    #expect(names.count == 1)
    #expect(page.plotFiles().allSatisfy { $0.svg.contains("experiment-3</text>") })
  }

  @Test("the script and the style do without the characters that markup escapes")
  func raw() {
    for text in [PageScript.text, Stylesheet.text] { #expect(Markup.escaped(text) == text) }
  }

  @Test("the table of layers can be sorted by numbers, not by how they are written")
  func sortable() throws {
    let table = try #require(Sample.report.layerTable())
    #expect(table.isSortable && table.header.count == 10)
    #expect(table.rows[0].map(\.number) == [nil, nil, 20, 12, 0.4, 1000, 500, 10_000, 6000, 0.4])
    let page = ReportPage(Sample.report).html()
    #expect(page.contains(#"<table class="sortable">"#) && page.contains(#"data-number="10000.0""#))
  }

  @Test("pointing at an epoch shows all series there, at a bar its layer; long trainings have 60 columns")
  func hover() throws {
    let plot = try #require(
      Sample.report.figures().first { $0.name == "training-seconds" }?.drawing as? Plot)
    let columns = HoverValues(plot: plot).columns
    #expect(columns.map(\.text) == ["Epoch 1: Seconds an epoch\nbaseline: 10\npruned: 8\npruning step"])
    #expect(columns.first?.from == plot.x.scale.domain.lowerBound)
    #expect(columns.last?.to == plot.x.scale.domain.upperBound)
    #expect(ReportPage(Sample.report).html().contains("<title>layer1.0.conv1: 12 of 20</title>"))
    for figure in try #require(Self.reports["large"]).figures() {
      guard ["accuracy", "loss"].contains(figure.name), let plot = figure.drawing as? Plot else { continue }
      let columns = HoverValues(plot: plot).columns
      #expect(columns.count <= 60 && columns.last?.text.hasPrefix("Epoch 200: ") ?? false)
      #expect(zip(columns, columns.dropFirst()).allSatisfy { $0.to == $1.from && $0.from < $0.to })
    }
  }

  @Test("means over seeds are rounded alike in tables, plots and summary")
  func halves() throws {
    var report = Sample.report
    for (run, channels) in [(1, 12), (3, 13)] {
      report.runs[run].channels = channels
      report.runs[run].layers[0].channels = channels
      report.runs[run].history[0].channels = channels
    }
    report.summary = Summary(report.runs, expectations: [])
    let row = report.table().split(separator: "\n").first { $0.hasPrefix("prunable channels ") }
    #expect(row?.split(separator: " ").prefix(4) == ["prunable", "channels", "20", "13"])
    let history = report.historyTable(report.runs.filter { $0.variant == "pruned" })
    #expect(history.header[7] == "channels" && history.rows[0][7].text == "13")
    #expect(try #require(report.layerTable()).rows[0][3].text == "12.5")
    let chart = try #require(report.figures().first { $0.name == "channels" }?.drawing as? BarChart)
    #expect(chart.rows[0].note == "12.5 of 20")
    #expect(
      ReportPage(report).html().contains("<title>layer1.0.conv1: 12.5 of 20 (12 to 13)</title>"))
  }

  @Test("sessions are listed that trained on another machine, not those that only reports say more of")
  func sessions() {
    var report = Sample.report
    report.environment.host = "here"
    var session = report.environment
    (session.date, session.job) = ("2025-12-31", "slurm 17")
    (report.environment.gitCommit, report.environment.gitDirty) = ("0123456789abcdef", true)
    report.environment.paths = ["dataset.path": "/data/images"]
    report.environment.mpiRanks = 2
    report.timing.runs[0].sessions = [Timing.Session(fromEpoch: 1, environment: session)]
    #expect(!ReportPage(report).html().contains("from epoch 1"))
    (session.host, session.threads) = ("elsewhere", 1)
    report.timing.runs[0].sessions = [Timing.Session(fromEpoch: 1, environment: session)]
    let page = ReportPage(report).html()
    #expect(page.contains("baseline, seed 0, from epoch 1"))
    #expect(page.contains("elsewhere, a processor, avx2, 1 thread, Espalier 0.1.0, 2025-12-31"))
  }

  @Test("a page in a folder links to the files there, by paths that work from a file manager")
  func files() throws {
    let names = [
      "report.json", "report.html", "layers.csv", "plots/loss.svg", "seed-0/pruned/model.safetensors",
      "other",
    ]
    let folder = try TemporaryFolder(
      texts: Dictionary(uniqueKeysWithValues: names.map { ("trial/\($0)", "") }))
    func links(_ page: ReportPage, _ path: String) throws -> [String] {
      let document = try #require(Document(page.linking(toFilesIn: folder.path + path).html()))
      #expect(document.problem == nil)
      return document.attributes.filter { $0.name == "href" && !$0.value.hasPrefix("#") }.map(\.value)
    }
    #expect(
      try links(ReportPage(Sample.report), "/trial") == [
        "./report.json", "./layers.csv", "./plots/", "./seed-0/pruned/model.safetensors",
      ])
    var other = Sample.report
    other.experiment = "x:/<b>"
    #expect(try links(ReportPage(suite: "both", [Sample.report, other]), "") == ["./trial/report.html"])
    #expect(try links(ReportPage(Sample.report), "/nowhere") == [])
  }

  @Test("the page of a folder with one experiment has that experiment's name and links to its page")
  func alone() throws {
    let page = ReportPage(suite: "results", [Sample.report])
    #expect(page.html() == ReportPage(Sample.report).html())
    let folder = try TemporaryFolder(texts: ["trial/report.html": ""])
    #expect(page.linking(toFilesIn: folder.path).html().contains(#"<a href="./trial/report.html">"#))
  }

  @Test("the page of several experiments marks results that are not current, and does not count them as good")
  func outdated() {
    var failed = Sample.report
    (failed.status, failed.problem) = (.failed, "the last run failed")
    for index in failed.summary.expectations.indices { failed.summary.expectations[index].met = true }
    let page = ReportPage(suite: "both", [Sample.report, failed]).html()
    #expect(page.contains(">trial (failed)</a>") && page.contains("trial (failed), pruned: "))
    #expect(page.contains(">3 of 3</td>") && !page.contains("✓ 3 of 3"))
    #expect(
      Verdict([Sample.report, failed]).text
        == "2 experiments; 0 of 2 with expectations meet all of them; 1 is not current.")
    failed.summary.expectations = []
    let alone = Verdict([failed, failed])
    #expect(alone.text == "2 experiments, without expectations; 2 are not current.")
    #expect(alone.isGood == false)
  }

  @Test("losses that are not finite read back, and give the same page")
  func notFinite() throws {
    let report = try #require(Self.reports["not finite"])
    let json = report.json()
    #expect(json.contains("\"train_loss\" : null"))
    let again = try Report(json: json)
    #expect(again.runs[0].history[0].trainLoss.isNaN && again.runs[0].history[0].testLoss == nil)
    #expect(try Report(json: again.json()) == again)
    #expect(again.json().contains("\"train_loss\" : null"))
    #expect(ReportPage(again).html() == ReportPage(report).html())
    #expect(again.historyCSV() == report.historyCSV() && !again.historyCSV().contains("nan"))
  }

  @Test("columns without a value are left out")
  func emptyColumns() throws {
    let table = try #require(Self.reports["baseline alone"]).comparison().withoutEmptyColumns
    #expect(table.header == ["", "baseline"])
    #expect(table.rows.allSatisfy { $0.count == 2 })
  }

  @Test("the same report gives the same bytes")
  func deterministic() throws {
    let again = ReportPage(try Report(json: Sample.report.json())).html()
    #expect(ReportPage(Sample.report).html() == again)
  }

  @Test("the verdict is one sentence")
  func verdicts() throws {
    func verdict(_ name: String) throws -> String { Verdict(try #require(Self.reports[name])).text }
    #expect(
      try verdict("sample")
        == "Compression 2.00×, MACs removed 40.0\u{A0}%, accuracy drop 1.00 (0.50,\u{A0}1.50) points over 2 seeds; 1 of 3 expectations met."
    )
    #expect(
      try verdict("baseline alone")
        == "Top-1 accuracy 83.00 (82.50,\u{A0}83.50)\u{A0}%, nothing was pruned; 0 of 3 expectations met.")
    #expect(try verdict("no runs") == "Nothing was measured; 0 of 3 expectations met.")
    #expect(try verdict("interrupted").hasPrefix("Interrupted: compression 2.00×"))
    var better = Sample.report
    better.runs = [Sample.run(0, "baseline", top1: 80), Sample.run(0, "pruned", top1: 80.5)]
    better.summary = Summary(better.runs, expectations: [])
    #expect(Verdict(better).text == "Compression 2.00×, MACs removed 40.0\u{A0}%, accuracy gain 0.50 points.")
    #expect(
      Verdict([Sample.report, better]).text == "2 experiments; 0 of 1 with expectations meet all of them.")
  }

  @Test("what training cost: images times the MACs of that epoch's network times three")
  func cost() {
    var run = Sample.run(0, "pruned", top1: 82)
    run.history = (1...3).map { epoch in
      var entry = run.history[0]
      (entry.epoch, entry.images, entry.macs) = (epoch, 100, [9000, 6000, 6000][epoch - 1])
      return entry
    }
    var report = Sample.report
    report.runs = [run]
    let cost = report.trainingCost(of: run)
    // The first epoch trains the whole network, the second what the first one's pruning step left.
    #expect(cost.epochs.map(\.macs) == [3_000_000, 2_700_000, 1_800_000])
    #expect(cost.macs == 7_500_000)
    // Only the first epoch's time is known.
    #expect(cost.epochs.map(\.seconds) == [8, nil, nil])
    #expect(cost.seconds == nil && cost.joules == nil)
    // Reports without numbers of images: 160 a second for 6 seconds.
    #expect(Sample.report.trainingCost(of: Sample.report.runs[1]).macs == 28_800_000.0)
  }

  @Test("training from a pruned network costs that network's MACs from the first epoch on")
  func costOfPrunedStart() {
    var report = Sample.report
    for index in report.runs.indices {
      let macs = report.runs[index].variant == "baseline" ? 5000 : 4000
      report.runs[index].macs = macs
      let epoch = report.runs[index].history[0]
      report.runs[index].history = (1...2).map { number in
        var epoch = epoch
        (epoch.epoch, epoch.images, epoch.macs) = (number, 100, macs)
        return epoch
      }
    }
    let costs = report.runs.map { report.trainingCost(of: $0).epochs.map(\.macs) }
    #expect(costs[0] == [1_500_000, 1_500_000])
    #expect(costs[1] == [1_500_000, 1_200_000])
  }

  @Test("page and plots, byte by byte; UPDATE_GOLDEN=1 writes them anew")
  func golden() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")
    var files = Sample.report.plotFiles().map { ($0.name, $0.svg) }
    files.append(("report.html", ReportPage(Sample.report).html()))
    for (name, text) in files {
      let file = folder.appendingPathComponent(name)
      if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try text.write(to: file, atomically: true, encoding: .utf8)
      }
      let expected = try String(contentsOf: file, encoding: .utf8)
      let difference = zip(text.split(separator: "\n"), expected.split(separator: "\n")).first { $0 != $1 }
      #expect(
        text == expected,
        "\(name), first at:\n\(difference?.0 ?? "its end")\nexpected:\n\(difference?.1 ?? "")")
    }
  }
}
