import ArgumentParser
import Experiments

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Classifies pictures with a model and prints probabilities; needs no data set.")

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json, csv }

  @Argument(help: "Experiment file.", completion: .experimentFiles)
  var file: String

  @Argument(help: "Pictures, JPEG or PNG.", completion: .file())
  var pictures: [String] = []

  @OptionGroup var experiment: ExperimentOptions

  @OptionGroup var model: ModelOptions

  @Option(
    help: "Tensor images [N,C,H,W] instead of pictures, normalized; a safetensors file.",
    completion: .file(), transform: path)
  var images: String?

  @Option(
    parsing: .unconditional,
    help: "Number of classes to print for each image, most probable first.")
  var top = 5

  @Option(help: "text, json or csv.")
  var format: Format = .text

  @Option(
    help: ArgumentHelp("Also writes the logits, as a safetensors file.", valueName: "file"),
    completion: .file(), transform: path)
  var logits: String?

  @OptionGroup var compute: EngineOptions

  func validate() throws {
    guard (images == nil) != pictures.isEmpty else {
      throw ValidationError("give pictures, or --images with a tensor file")
    }
    guard top > 0 else { throw ValidationError("--top must be at least 1") }
  }

  func run() throws {
    let engine = try compute.engine()
    let spec = try experiment.loadOne(file, withoutDataset: true, model: model.weights)
    do {
      let prediction = try Prediction(
        spec, weights: model.weights, images: images.map { .tensors($0) } ?? .pictures(pictures),
        top: top, engine: engine)
      for warning in prediction.warnings { showWarning(warning) }
      switch format {
      case .text: print(prediction.text())
      case .json: print(prediction.json())
      case .csv: print(prediction.csv(), terminator: "")
      }
      if let logits { try prediction.writeLogits(to: logits) }
    } catch {
      throw ended(by: error)
    }
  }
}
