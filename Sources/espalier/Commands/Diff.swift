import ArgumentParser
import Reports

struct Diff: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compares two reports or result folders; ends with 1 when something got worse.",
    discussion: "Experiments are compared by name, or two single ones with each other.")

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, markdown, json, junit }

  @Argument(help: "A report.json, an experiment's result folder, or a folder of those.", completion: .file())
  var base: String

  @Argument(help: "Likewise: what may have become worse.", completion: .file())
  var candidate: String

  @Option(help: "text, markdown, json or junit.")
  var format: Format = .text

  @Option(
    name: .customLong("tolerance"),
    help: ArgumentHelp(
      "How much worse is tolerated, as top1=0.5 or macs=5% or test_loss=any. May be repeated.",
      valueName: "metric=value"))
  var tolerances: [String] = []

  @Flag(help: "Compares times as well.")
  var timing = false

  func run() throws {
    let diff: ReportDiff
    do {
      diff = ReportDiff(
        try ReportSet(path: base), try ReportSet(path: candidate), tolerances: try Tolerances(tolerances),
        timing: timing)
    } catch {
      complain("\(error)")
      throw ExitStatus.usage
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
