import ArgumentParser
import Experiments
import Reports
import Specification

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains the baseline and the pruned network of each experiment, and reports.",
    discussion:
      "Goes on from the last checkpoint by itself. Ctrl-C saves the state; run the same command to go on.")

  @Argument(help: "Experiment or suite files.")
  var files: [String]

  @OptionGroup var experiment: ExperimentOptions

  @Option(help: "Folder that gets a folder of results for each experiment.")
  var results = "results"

  @OptionGroup var compute: EngineOptions

  @Flag(help: "Starts anew instead of going on from checkpoints.")
  var fresh = false

  @Option(help: "How to show progress: auto, plain, json or none.")
  var progress: ProgressMode = .auto

  func run() throws {
    let specs = try experiment.load(files)
    let engine = try compute.engine()
    let interruption = Interruption()
    let sources = interruption.listen()
    defer { withExtendedLifetime(sources) {} }
    let runner = ExperimentRunner(
      engine: engine, results: results, fresh: fresh, progress: ProgressPrinter(mode: progress),
      interruption: interruption)
    var missed = false
    for spec in specs {
      do {
        let report = try runner.run(spec)
        print(report.table())
        missed = missed || report.summary.expectations.contains { !$0.met }
      } catch {
        let advice = error.isInterruption ? "; the state is saved, the same command goes on from it" : ""
        complain("espalier: \(spec.name): \(error)\(advice)")
        throw error.isInterruption ? ExitStatus.interrupted : ExitStatus.failed
      }
    }
    if missed { throw ExitStatus.checkFailed }
  }
}

extension ProgressMode: ExpressibleByArgument {}
