import ArgumentParser
import Experiments
import Specification

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Exports a trained model.",
    discussion: """
      yaml: an experiment file with the layers of the pruned model, which continues training it. safetensors: its tensors, with \
      the remaining channels as metadata. onnx: a file for onnxruntime, TensorRT, OpenVINO and others, by the experiment's \
      export.onnx (--set export.onnx.fold_batch_norm=true); also prints the MACs of the file and of the network.
      """)

  @Argument(help: "Experiment file.", completion: .experimentFiles)
  var file: String

  @OptionGroup var experiment: ExperimentOptions

  @OptionGroup var model: ModelOptions

  @Option(help: "safetensors, yaml or onnx.")
  var format: ModelExport.Format

  @Option(help: "File to write.", completion: .file(), transform: path)
  var output: String

  @OptionGroup var compute: EngineOptions

  func run() throws {
    let engine = try compute.engine()
    let spec = try experiment.loadOne(file, withoutDataset: true, model: model.weights)
    do {
      let (cost, warnings) = try ModelExport.write(
        spec, weights: model.weights, as: format, to: output, engine: engine)
      for warning in warnings { showWarning(warning) }
      if let cost { print(visible(cost)) }
    } catch {
      throw ended(by: error)
    }
  }
}

extension ModelExport.Format: ExpressibleByArgument {}
