import ArgumentParser
import Experiments

struct Score: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints the score of every prunable channel of a model, by the experiment's criterion.")

  enum Format: String, ExpressibleByArgument, CaseIterable { case json, csv }

  @Argument(help: "Experiment file.", completion: .experimentFiles)
  var file: String

  @OptionGroup var experiment: ExperimentOptions

  @OptionGroup var model: ModelOptions

  @Option(
    help: "Tensors images [N,C,H,W] and labels [N] to score on, a safetensors file. Default: the data set.",
    completion: .file(), transform: path)
  var images: String?

  @Option(help: "json or csv.")
  var format: Format = .json

  @OptionGroup var compute: EngineOptions

  func run() throws {
    let engine = try compute.engine()
    let spec = try experiment.loadOne(file, withoutDataset: images != nil, model: model.weights)
    do {
      let scores = try ModelScores(spec, weights: model.weights, images: images, engine: engine)
      for warning in scores.warnings { showWarning(warning) }
      switch format {
      case .json: print(scores.json())
      case .csv: print(scores.csv(), terminator: "")
      }
    } catch {
      throw ended(by: error)
    }
  }
}
