import ArgumentParser
import Experiments

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints a model's accuracy and loss on the experiment's test images.")

  @Argument(help: "Experiment file.", completion: .experimentFiles)
  var file: String

  @OptionGroup var experiment: ExperimentOptions

  @OptionGroup var model: ModelOptions

  @Option(help: "text or json.")
  var format: OutputFormat = .text

  @OptionGroup var compute: EngineOptions

  func run() throws {
    let engine = try compute.engine()
    let spec = try experiment.loadOne(file)
    do {
      let evaluation = try ModelEvaluation(spec, weights: model.weights, engine: engine)
      for warning in evaluation.warnings { showWarning(warning) }
      print(format == .json ? evaluation.json() : evaluation.text())
    } catch {
      throw ended(by: error)
    }
  }
}
