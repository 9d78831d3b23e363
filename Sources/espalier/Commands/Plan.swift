import ArgumentParser
import Experiments
import Reports

struct Plan: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows experiments, shared and cached trainings, costs and predicted time; trains nothing.",
    discussion: """
      Time and memory are predicted for this machine under its current load, by training and evaluating a few batches at \
      full width and at widths after pruning steps. For a single experiment, the layers are shown as well.
      """)

  @Argument(help: "Experiment or suite files.", completion: .experimentFiles)
  var files: [String]

  @OptionGroup var experiment: ExperimentOptions

  @OptionGroup var results: ResultsOptions

  @OptionGroup var compute: EngineOptions

  @Flag(help: "Shows the layers of every experiment.")
  var layers = false

  @Flag(inversion: .prefixedNo, help: "Whether to predict time and memory from a short measurement.")
  var calibration = true

  @Option(help: "text or json.")
  var format: OutputFormat = .text

  func run() throws {
    let engine = try compute.engine()
    let specs = try experiment.load(files, threads: engine.threads)
    do {
      let plan = try SuitePlan(specs, results: results.folder, engine: engine, calibrates: calibration)
      for warning in plan.warnings { showWarning(warning) }
      print(format == .json ? plan.json() : plan.text(layers: layers, columns: outputColumns()))
    } catch {
      throw ended(by: error, .usage)
    }
  }
}
