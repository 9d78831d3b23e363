import ArgumentParser
import Compute
import Experiments
import Specification

struct Validate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks experiment files and shows every error with file, line and column.")

  @Argument(help: "Experiment or suite files.", completion: .experimentFiles)
  var files: [String]

  @OptionGroup var experiment: ExperimentOptions

  @Option(help: "text or json.")
  var format: OutputFormat = .text

  func run() throws {
    try EngineOptions.checkEnvironment()
    let (specs, _, diagnostics, warnings) = ExperimentLoading.load(
      files, overrides: experiment.overrides, threads: ProcessorLimit.current.defaultThreads, forCheck: true)
    switch format {
    case .json:
      print(ValidationResult(specs, diagnostics, warnings: warnings).json())
    case .text:
      for diagnostic in diagnostics { printError(diagnostic.description) }
      for warning in warnings { showWarning("\(warning)") }
      for spec in specs { print("\(spec.name): valid") }
    }
    if !diagnostics.isEmpty { throw ExitStatus.checkFailed }
  }
}
