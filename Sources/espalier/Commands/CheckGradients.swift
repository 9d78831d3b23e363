import ArgumentParser
import Experiments

struct CheckGradients: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-gradients",
    abstract:
      "Writes loss, gradients, logits and running statistics of one batch, to compare with other frameworks.",
    discussion: """
      Dropout is off. The tensors are: train.loss, grad.NAME, after.NAME (running statistics after the training pass), \
      eval.logits (of the weights as given).
      """)

  @Argument(help: "Experiment file.", completion: .experimentFiles)
  var file: String

  @OptionGroup var experiment: ExperimentOptions

  @Option(help: "Weights, a safetensors or ONNX file.", completion: .file(), transform: path)
  var weights: String

  @Option(
    help: "Tensors images [N,C,H,W] and labels [N], a safetensors file.", completion: .file(), transform: path
  )
  var images: String

  @Option(
    name: [.customLong("out"), .customLong("output")], help: "File to write.", completion: .file(),
    transform: path)
  var out: String

  @OptionGroup var compute: EngineOptions

  func run() throws {
    let engine = try compute.engine()
    let spec = try experiment.loadOne(file, withoutDataset: true)
    do {
      try GradientDump.write(spec, weights: weights, images: images, to: out, engine: engine)
    } catch {
      throw ended(by: error)
    }
  }
}
