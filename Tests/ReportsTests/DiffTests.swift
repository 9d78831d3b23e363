import Foundation
import Specification
import TestSupport
import Testing

@testable import Reports

@Suite("Diff of reports")
struct DiffTests {
  /// ResNet-20 on CIFAR-10, written by the first version of the format, without its experiment.
  static let old = Repository.url.path + "/results/cifar10-resnet20-10ep"

  static func diff(
    _ base: Report, _ candidate: Report, tolerances: [String] = [], timing: Bool = false
  ) throws -> ReportDiff {
    ReportDiff(
      ReportSet(path: "a", reports: [base], isSingle: true),
      ReportSet(path: "b", reports: [candidate], isSingle: true), tolerances: try Tolerances(tolerances),
      timing: timing)
  }

  /// The sample with one thing changed.
  static func changed(_ change: (inout Report) -> Void) -> Report {
    var report = Sample.report
    change(&report)
    return report
  }

  @Test("a report compared with itself is clean, an old one too")
  func itself() throws {
    let old = try ReportSet(path: Self.old)
    for report in [Sample.report] + old.reports {
      let diff = try Self.diff(report, report, timing: true)
      #expect(diff.regressions == 0)
      #expect(diff.improvements == 0)
      #expect(diff.experiments.flatMap(\.metrics).allSatisfy { $0.verdict == .same }, "\(diff.text())")
      #expect(diff.experiments[0].spec == [])
      #expect(diff.experiments[0].metrics.count > 15)
    }
  }

  @Test("a pruned network that is 2 points worse fails, with one seed and with several")
  func worse() throws {
    let several = try #require(ReportSet(path: Self.old).reports.first)
    var single = several
    single.runs.removeAll { $0.seed != 0 }
    for report in [several, single] {
      var candidate = report
      for index in candidate.runs.indices where candidate.runs[index].variant == "pruned" {
        candidate.runs[index].top1 -= 2
      }
      let diff = try Self.diff(report, candidate)
      #expect(Self.regressed(diff) == ["pruned top1", "accuracy_drop"], "\(diff.text())")
      #expect(try Self.diff(candidate, report).regressions == 0)
      #expect(try Self.diff(candidate, report).improvements == 2)
    }
  }

  @Test("another seed does not fail")
  func otherSeed() throws {
    let report = try #require(ReportSet(path: Self.old).reports.first)
    var (first, second) = (report, report)
    first.runs.removeAll { $0.seed != 0 }
    second.runs.removeAll { $0.seed != 1 }
    for (base, candidate) in [(first, second), (second, first), (report, second), (first, report)] {
      let diff = try Self.diff(base, candidate)
      #expect(diff.regressions == 0, "\(diff.text())")
    }
    let notes = try Self.diff(first, second).experiments[0].notes
    #expect(notes.contains("added: pruned with seed 1"))
    #expect(notes.contains("missing: pruned with seed 0"))
  }

  @Test("reports that share only some seeds are compared over these alone")
  func someSeeds() throws {
    // Every number gets worse from seed to seed.
    func report(_ seeds: [UInt64], fall: Double = 0) -> Report {
      Self.changed { report in
        var (runs, times): ([RunReport], [Timing.Run]) = ([], [])
        for seed in seeds {
          var run = Sample.run(seed, "pruned", top1: 82 - 2 * Double(seed) - fall)
          run.testLoss = 0.1 * Double(seed + 1)
          run.parameters += 50 * Int(seed)
          run.macs += 500 * Int(seed)
          runs += [Sample.run(seed, "baseline", top1: 83), run]
          var time = report.timing.runs[0]
          time.seed = seed
          time.epochs[0].trainSeconds *= Double(seed + 1)
          time.latency[0].milliseconds *= Double(seed + 1)
          times.append(time)
        }
        (report.runs, report.timing.runs) = (runs, times)
      }
    }
    for (base, candidate) in [([0], [0, 1, 2, 3]), ([3, 0, 1, 2], [3])] as [([UInt64], [UInt64])] {
      let diff = try Self.diff(report(base), report(candidate), timing: true)
      #expect(diff.experiments[0].metrics.allSatisfy { $0.verdict == .same }, "\(diff.text())")
      #expect(diff.regressions == 0 && diff.experiments[0].notes.count == 6)
    }
    let worse = try Self.diff(report([3]), report([3, 0, 1, 2], fall: 1.67))
    #expect(Self.regressed(worse) == ["pruned top1", "accuracy_drop"], "\(worse.text())")
    let drop = try #require(worse.experiments[0].metrics.first { $0.metric == .accuracyDrop })
    #expect(drop.base?.n == 1 && drop.candidate?.n == 1 && drop.ci95 == nil)
    #expect(abs((drop.difference ?? 0) - 1.67) < 1e-9)
  }

  @Test("a changed experiment is shown key by key")
  func spec() throws {
    let old = try #require(ReportSet(path: Self.old).reports.first)
    var text = try String(contentsOfFile: Self.old + "/experiment.yaml", encoding: .utf8)
    text = text.replacing("epochs: 10", with: "epochs: 12").replacing("    horizontal_flip: true\n", with: "")
      .replacing("expect: {}", with: "expect: {top1: {at_least: 80}}")
    var candidate = old
    candidate.spec = try yamlDocument(text, file: "text")
    let diff = try Self.diff(old, candidate)
    #expect(diff.regressions == 0)
    #expect(
      diff.experiments[0].spec?.map(\.description) == [
        "dataset.augment.horizontal_flip: true -> none", "expect.top1.at_least: none -> 80",
        "train.epochs: 10 -> 12",
      ])
    #expect(diff.text().contains("  spec      train.epochs: 10 -> 12"))
    candidate.spec = nil
    #expect(try Self.diff(old, candidate).experiments[0].spec == nil)
  }

  @Test("an accuracy of several seeds falls when the interval says so, or when nothing can excuse it")
  func intervals() throws {
    func verdict(_ base: [Double], _ candidate: [Double], firstSeed: UInt64 = 0, _ tolerance: String? = nil)
      -> MetricComparison.Verdict?
    {
      func values(_ list: [Double], _ first: UInt64) -> [UInt64: Double] {
        Dictionary(uniqueKeysWithValues: list.enumerated().map { (first + UInt64($0), $1) })
      }
      return MetricComparison(
        .top1, variant: "pruned", base: values(base, 0), candidate: values(candidate, firstSeed),
        tolerance: tolerance.flatMap { Tolerance($0) })?.verdict
    }
    // Paired: the seeds differ much, the differences little.
    #expect(verdict([80, 85, 90], [79.2, 84.3, 89.1]) == .regressed)
    #expect(verdict([79.2, 84.3, 89.1], [80, 85, 90]) == .improved)
    // Likewise if one side has another seed, which is left out.
    #expect(verdict([80, 85, 90], [79.2, 84.3, 89.1, 99]) == .regressed)
    #expect(verdict([80, 85, 90, 20], [79.2, 84.3, 89.1]) == .regressed)
    // The same values with other seeds: Welch's interval holds 0.
    #expect(verdict([80, 85, 90], [79.2, 84.3, 89.1], firstSeed: 5) == .tolerated)
    // Far apart, with a wide interval and a narrow one.
    #expect(verdict([80, 80.2, 80.1], [77, 77.1, 77.3], firstSeed: 5) == .regressed)
    #expect(verdict([80, 80, 80], [75.2, 79.4, 79.5]) == .tolerated)
    #expect(verdict([80, 80, 80], [10, 79, 79]) == .regressed)
    // Certain, but nothing; a tenth of a point is something.
    #expect(verdict([80, 81, 82], [79.95, 80.95, 81.95]) == .tolerated)
    #expect(verdict([80.1, 81.1, 82.1], [80, 81, 82]) == .regressed)
    // One seed or two, or a tolerance that was asked for.
    #expect(verdict([80, 81], [79.1, 80.1]) == .tolerated)
    #expect(verdict([80, 80], [75.1, 79]) == .regressed)
    #expect(verdict([80], [79.1]) == .tolerated)
    #expect(verdict([80], [78.9]) == .regressed)
    #expect(verdict([80, 85, 90], [79.2, 84.3, 89.1], "1") == .tolerated)
    #expect(verdict([80, 80], [75.1, 79], "1") == .regressed)
    #expect(verdict([80], [10], "any") == .tolerated)
  }

  @Test("every number that is made worse is found, and by nothing else")
  func everyNumber() throws {
    typealias Change = (inout RunReport) -> Void
    let runs: [(String, Change)] = [
      ("top1", { $0.top1 -= 9 }), ("test_loss", { $0.testLoss = 0.6 }), ("test_loss", { $0.testLoss = nil }),
      ("parameters", { $0.parameters += 1 }), ("macs", { $0.macs += 1 }), ("channels", { $0.channels += 1 }),
      ("layers", { $0.layers[0].channels += 1 }), ("layers", { $0.layers[0].channelsBefore += 1 }),
      ("layers", { $0.layers[0].parameters += 1 }), ("layers", { $0.layers[0].parametersBefore += 1 }),
      ("layers", { $0.layers[0].macs += 1 }), ("layers", { $0.layers[0].macsBefore += 1 }),
      ("layers", { $0.layers = [] }), ("epochs", { $0.history = [] }),
      ("pruning_steps", { $0.pruningSteps = [] }), ("pruning_steps", { $0.pruningSteps[0].epoch += 1 }),
      ("pruning_steps", { $0.pruningSteps[0].channels += 1 }),
    ]
    for index in Sample.runs.indices {
      let run = Sample.runs[index]
      for (metric, change) in runs where run.variant == "pruned" || metric != "pruning_steps" {
        // All seeds of the variant, so that the accuracy's interval is narrow.
        let candidate = Self.changed { report in
          for other in report.runs.indices where report.runs[other].variant == run.variant {
            if metric == "top1" || other == index { change(&report.runs[other]) }
          }
        }
        let found = Self.regressed(try Self.diff(Sample.report, candidate))
        let alone = metric == "test_loss" && candidate.runs[index].testLoss == nil
        // Over both seeds a loss that is 20 % worse is 10 % worse; one that is gone is a number
        // less.
        if metric == "test_loss", !alone {
          #expect(found.isEmpty)
        } else if alone {
          #expect(found == ["\(run.variant) test_loss"], "\(found)")
        } else {
          let drop = metric == "top1" && run.variant == "pruned" ? ["accuracy_drop"] : []
          #expect(found == ["\(run.variant) \(metric)"] + drop, "\(run.seed) \(metric)")
        }
      }
    }
  }

  @Test(
    "a count that is lower is an improvement where fewer is better, and different numbers of epochs never are"
  )
  func fewer() throws {
    let candidate = Self.changed { report in
      report.runs[1].parameters -= 1
      report.runs[1].macs -= 1
      report.runs[1].channels -= 1
      report.runs[1].layers[0].channels -= 1
      report.runs[1].pruningSteps[0].channels -= 1
    }
    let diff = try Self.diff(Sample.report, candidate)
    #expect(diff.regressions == 0, "\(diff.text())")
    #expect(
      diff.experiments[0].metrics.filter { $0.verdict == .improved }.map(\.metric) == [
        .parameters, .macs, .channels, .layers, .pruningSteps,
      ])
    #expect(try Self.diff(candidate, Sample.report).regressions == 5)
    // One layer smaller and another larger: the worse one counts.
    let mixed = Self.changed { report in
      report.runs[1].layers[0].channels -= 1
      report.runs[1].layers[0].parameters += 1
    }
    #expect(Self.regressed(try Self.diff(Sample.report, mixed)) == ["pruned layers"])
    let shorter = Self.changed { $0.runs[1].history = [] }
    #expect(Self.regressed(try Self.diff(Sample.report, shorter)) == ["pruned epochs"])
  }

  @Test("numbers of epochs are equal or not, also for other seeds")
  func otherEpochs() throws {
    func report(_ seed: UInt64, epochs: Int) -> Report {
      Self.changed { report in
        report.runs.removeAll { $0.seed != seed }
        for index in report.runs.indices {
          let epoch = report.runs[index].history[0]
          report.runs[index].history = Array(repeating: epoch, count: epochs)
        }
      }
    }
    let (base, other) = (report(0, epochs: 25), report(1, epochs: 26))
    #expect(Self.regressed(try Self.diff(base, other)) == ["baseline epochs", "pruned epochs"])
    #expect(Self.regressed(try Self.diff(base, report(1, epochs: 25))) == [])
  }

  @Test("layers and steps that differ at the same number say how many of their values do")
  func equalCounts() throws {
    let candidate = Self.changed { report in
      report.runs[1].layers[0].channels += 1
      report.runs[1].layers[0].macs += 1
      report.runs[1].pruningSteps[0].epoch += 1
    }
    let diff = try Self.diff(Sample.report, candidate)
    #expect(Self.regressed(diff) == ["pruned layers", "pruned pruning_steps"])
    for values in ["with 2 different values", "with 1 different value"] {
      #expect(diff.text().contains(" 1  \(values) (exact)\n"), "\(diff.text())")
      #expect(diff.junit().contains("message=\"1 \(values) (exact)\""), "\(diff.junit())")
      #expect(diff.markdown().contains("| 1 | 1 | \(values) | exact |"), "\(diff.markdown())")
    }
  }

  @Test("every latency has a name of its own")
  func latencies() throws {
    func report(_ milliseconds: Double) -> Report {
      Self.changed { report in
        for run in report.timing.runs.indices {
          report.timing.runs[run].latency = [1, 128].map {
            Timing.Latency(batchSize: $0, milliseconds: milliseconds)
          }
        }
        let exported = [1, 2].map {
          DeploymentReport.Latency(threads: $0, batchSize: 128, milliseconds: milliseconds)
        }
        report.deployment = DeploymentReport(
          format: 1, runtime: "a runtime", processor: "any",
          models: ["baseline", "pruned"].map {
            DeploymentReport.Model(seed: 0, variant: $0, macs: 1, bytes: 1, latency: exported)
          })
      }
    }
    let diff = try Self.diff(report(1), report(3), timing: true)
    let names = diff.experiments[0].metrics.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(names.contains("pruned latency (batches of 128)"))
    #expect(names.contains("pruned latency (a runtime, batch of 128, 2 threads)"))
    let cases = diff.junit().matches(of: /<testcase classname="[^"]*" name="([^"]*)"/).map { $0.output.1 }
    #expect(Set(cases).count == cases.count && cases.count > names.count)
    let rows = diff.markdown().split(separator: "\n").filter { $0.hasPrefix("| ") }.map {
      $0.split(separator: "|")[1]
    }
    #expect(Set(rows).count == rows.count && rows.count > names.count)
  }

  @Test("markdown has regressions first, unchanged experiments in one line, and never too many bytes")
  func markdown() throws {
    func set(_ reports: [(String, (inout Report) -> Void)]) -> ReportSet {
      let changed = reports.map { name, change in
        Self.changed { report in
          report.experiment = name
          change(&report)
        }
      }
      return ReportSet(path: "f", reports: changed, isSingle: false)
    }
    let same: (inout Report) -> Void = { _ in }
    let base = set([("a", same), ("b", same), ("c", same), ("d", same)])
    let candidate = set([
      ("a", same), ("b", { $0.runs[1].macs -= 1 }), ("c", { $0.runs[1].top1 -= 9 }), ("d", same),
    ])
    let diff = ReportDiff(base, candidate, tolerances: Tolerances(), timing: false)
    let text = diff.markdown()
    let lines = text.split(separator: "\n")
    let headings = lines.filter { $0.hasPrefix("### ") }
    #expect(headings == ["### c", "### b"])
    #expect(lines.last == "Unchanged: 2 experiments: a, d")
    let table = lines.drop { $0 != "### c" }.filter { $0.hasPrefix("| ") }.dropFirst(2)
    #expect(table.first?.contains("| :x: |") == true, "\(text)")

    let many = (0..<1500).map { index in
      ("experiment-\(index)", { (report: inout Report) in report.runs[1].top1 -= index % 100 == 7 ? 9 : 0 })
    }
    let unchanged = set(many.map { ($0.0, same) })
    for candidate in [set(many), unchanged, set([]), set(many.map { ($0.0, { $0.runs = [] }) })] {
      let diff = ReportDiff(unchanged, candidate, tolerances: Tolerances(), timing: false)
      let text = diff.markdown()
      #expect(text.utf8.count < 60_000)
      let shown = text.components(separatedBy: ":x:").count - 1
      #expect(shown >= min(diff.regressions, 15))
    }
  }

  @Test("a tolerance that is asked for replaces the metric's own")
  func tolerances() throws {
    let candidate = Self.changed { $0.runs[1].macs += 300 }
    #expect(try Self.diff(Sample.report, candidate).regressions == 1)
    #expect(try Self.diff(Sample.report, candidate, tolerances: ["macs=4%"]).regressions == 1)
    for value in ["5%", "300", "any"] {
      #expect(
        try Self.diff(Sample.report, candidate, tolerances: ["macs=\(value)"]).regressions == 0, "\(value)")
    }
  }

  @Test("a tolerance that makes no sense is one clear line")
  func wrongTolerances() {
    func message(_ argument: String) -> String? {
      do throws(ReportError) {
        _ = try Tolerances([argument])
        return nil
      } catch {
        return error.description
      }
    }
    #expect(message("top-1=1")?.contains("unknown metric `top-1`; did you mean `top1`?") == true)
    #expect(message("top1") == "--tolerance top1: expected metric=value, such as top1=0.5 or macs=5%")
    for text in ["top1=", "top1=-1", "top1=x", "top1=nan", "top1=inf", "top1=%", "=1"] {
      #expect(message(text) != nil, "\(text)")
    }
    for metric in DiffMetric.allCases { #expect(message("\(metric.rawValue)=5%") == nil) }
  }

  @Test("an expectation that was met and is not any more is a regression")
  func expectations() throws {
    let candidate = Self.changed { $0.summary.expectations[1].met = false }
    let diff = try Self.diff(Sample.report, candidate)
    #expect(diff.regressions == 1)
    #expect(diff.text().contains("REGRESSED expectation compression at least 1.5: met -> missed"))
    #expect(try Self.diff(candidate, Sample.report).regressions == 0)
    let without = Self.changed { $0.summary.expectations = [] }
    #expect(try Self.diff(Sample.report, without).regressions == 0)
    #expect(try Self.diff(without, Sample.report).regressions == 0)
  }

  @Test("expectations are matched by metric and limit: a metric may have several, and a limit may change")
  func limits() throws {
    let two = Self.changed { report in
      var reached = report.summary.expectations[2]
      (reached.limit, reached.met) = ("at_least 0.35", true)
      report.summary.expectations.insert(reached, at: 2)
    }
    #expect(two.summary.expectations.suffix(2).map(\.met) == [true, false])
    let itself = try Self.diff(two, two)
    #expect(itself.regressions == 0 && itself.experiments[0].isUnchanged, "\(itself.text())")
    let stricter = Self.changed { report in
      report.summary.expectations[1].limit = "at_least 2.5"
      report.summary.expectations[1].met = false
    }
    let diff = try Self.diff(Sample.report, stricter)
    #expect(diff.regressions == 0)
    #expect(diff.text().contains("changed   expectation compression at least 2.5: none -> missed"))
    #expect(diff.text().contains("changed   expectation compression at least 1.5: met -> none"))
  }

  @Test("missing variants and a status that is not complete are regressions, new ones are not")
  func variants() throws {
    let alone = Self.changed { $0.runs.removeAll { $0.variant == "pruned" } }
    #expect(try Self.diff(Sample.report, alone).text().contains("REGRESSED missing: pruned"))
    #expect(try Self.diff(alone, Sample.report).regressions == 0)
    let failed = Self.changed { $0.status = .failed }
    #expect(try Self.diff(Sample.report, failed).regressions == 1)
  }

  @Test("different kernels, libraries and numbers of damaged pictures are notes")
  func surroundings() throws {
    func notes(_ change: (inout Report) -> Void) throws -> [String] {
      let base = Self.changed {
        $0.environment.blasRelease = "0.3.21"
        $0.environment.pictureDecoders = "one"
      }
      var candidate = base
      change(&candidate)
      let diff = try Self.diff(base, candidate)
      #expect(diff.regressions == 0)
      return diff.experiments[0].notes
    }
    #expect(
      try notes { $0.environment.kernels = "portable" } == [
        "kernels: avx2 -> portable, which round differently"
      ])
    #expect(
      try notes { $0.environment.blasRelease = "0.3.26" } == [
        "OpenBLAS: 0.3.21 -> 0.3.26, which may round differently"
      ])
    #expect(
      try notes { $0.environment.pictureDecoders = "two" } == [
        "picture decoders: one -> two, which may decode to other pixels"
      ])
    #expect(
      try notes { $0.runs[1].leftOut = LeftOutPictures(train: 3, test: 1) } == [
        "pruned, left out as damaged: none -> 3 training pictures, 1 test picture"
      ])
    #expect(try notes { $0.runs[1].leftOut = LeftOutPictures(train: 0, test: 0) }.isEmpty)
    #expect(try notes { $0.environment.blasRelease = nil }.isEmpty, "as in older reports")
  }

  @Test("times are compared when asked only")
  func timing() throws {
    let short = Self.changed { $0.timing.runs[0].epochs[0].trainSeconds = 0.2 }
    let slower = Self.changed { $0.timing.runs[0].epochs[0].trainSeconds = 0.6 }
    #expect(try Self.diff(short, slower, timing: true).regressions == 0)
    let slow = Self.changed { $0.timing.runs[0].epochs[0].trainSeconds *= 2 }
    #expect(try Self.diff(Sample.report, slow).regressions == 0)
    #expect(Self.regressed(try Self.diff(Sample.report, slow, timing: true)) == ["baseline train_seconds"])
    let options = ["train_seconds=150%"]
    #expect(try Self.diff(Sample.report, slow, tolerances: options, timing: true).regressions == 0)
  }

  @Test("folders: experiments added and missing, the other way round likewise")
  func folders() throws {
    func set(_ names: [String]) -> ReportSet {
      ReportSet(
        path: "f", reports: names.map { name in Self.changed { $0.experiment = name } }, isSingle: false)
    }
    let diff = ReportDiff(set(["a", "b"]), set(["b", "c"]), tolerances: Tolerances(), timing: false)
    #expect(diff.missing == ["a"])
    #expect(diff.added == ["c"])
    #expect(diff.experiments.map(\.name) == ["b"])
    #expect(diff.regressions == 1)
    let back = ReportDiff(set(["b", "c"]), set(["a", "b"]), tolerances: Tolerances(), timing: false)
    #expect(back.missing == diff.added)
    #expect(back.added == diff.missing)
  }

  @Test("numbers beyond all bounds are compared, not trapped on")
  func extremes() throws {
    let wild = Self.changed { report in
      for index in report.runs.indices {
        report.runs[index].parameters = .max
        report.runs[index].macs = .min
        report.runs[index].top1 = 1e308
        report.runs[index].layers[0].macs = .max
      }
      report.runs += report.runs
    }
    for (base, candidate) in [(wild, Sample.report), (Sample.report, wild), (wild, wild)] {
      let diff = try Self.diff(base, candidate, timing: true)
      #expect(!diff.text().isEmpty && !diff.json().isEmpty && !diff.junit().isEmpty)
    }
  }

  private static func regressed(_ diff: ReportDiff) -> [String] {
    diff.experiments.flatMap(\.metrics).filter { $0.verdict == .regressed }.map(\.name)
  }
}
