import ArgumentParser
import Reports

struct Diff: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compares two reports or result folders; exits with 1 if something got worse.",
    discussion: "Experiments are matched by name; two single experiments are compared with each other.")

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, markdown, json, junit }

  @Argument(
    help: "A report.json, an experiment's result folder, or a folder of result folders.", completion: .file())
  var base: String

  @Argument(help: "The same, for the results that may have become worse.", completion: .file())
  var candidate: String

  @Option(help: "text, markdown, json or junit.")
  var format: Format = .text

  @Option(
    name: .customLong("tolerance"),
    help: ArgumentHelp(
      "Tolerance of a metric, such as top1=0.5, macs=5% or test_loss=any. May be repeated.",
      valueName: "metric=value"))
  var tolerances: [String] = []

  @Flag(help: "Also compares times.")
  var timing = false

  func run() throws {
    let diff: ReportDiff
    do {
      diff = ReportDiff(
        try ReportSet(path: base), try ReportSet(path: candidate), tolerances: try Tolerances(tolerances),
        timing: timing)
    } catch {
      throw ended(by: error, .usage)
    }
    switch format {
    case .text: print(diff.text())
    case .markdown: print(diff.markdown())
    case .json: print(diff.json())
    case .junit: print(diff.junit())
    }
    if diff.regressions > 0 { throw ExitStatus.checkFailed }
  }
}
