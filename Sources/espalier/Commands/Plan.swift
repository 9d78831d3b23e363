import ArgumentParser
import Experiments

struct Plan: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows runs, cost of each layer and pruning steps; trains nothing.")

  @Argument(help: "Experiment or suite files.")
  var files: [String]

  @OptionGroup var experiment: ExperimentOptions

  @Option(help: "Folder of results, for what is already done.")
  var results = "results"

  @Option(help: "text or json.")
  var format: OutputFormat = .text

  func run() throws {
    let plans = try experiment.load(files).map { spec in
      do {
        return try ExperimentPlan(spec, results: results)
      } catch {
        complain("espalier: \(spec.name): \(error)")
        throw ExitStatus.usage
      }
    }
    switch format {
    case .json: print(ExperimentPlan.json(plans))
    case .text: print(plans.map { $0.text() }.joined(separator: "\n\n"))
    }
  }
}
