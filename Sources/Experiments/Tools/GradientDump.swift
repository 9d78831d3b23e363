import Compute
import Network
import Specification
import TensorFiles
import Training

/// Loss, gradients, logits and running statistics of one batch, for comparison with other
/// frameworks.
public enum GradientDump {
  /// Writes `train.loss` [1], `grad.NAME`, `after.NAME` (running statistics after the training
  /// pass) and `eval.logits` (of the weights as given). Dropout is off; the loss is that of the
  /// experiment. In the training pass, forward convolutions are summed in double precision, so that
  /// rounding moves as few values as possible to the other side of a ReLU's kink: gradients jump
  /// there, logits do not.
  public static func write(
    _ spec: ExperimentSpec, weights: String, images: String, to output: String, engine: Engine
  ) throws(ToolError) {
    let network = try spec.network(weights: weights, engine: engine)
    let batch = try LabelledImages(contentsOf: images, for: network)
    var file = TensorFile()
    file.tensors["eval.logits"] = network.evaluate(batch.images)
    let pass = network.train(batch.images, method: .precise)
    let result = CrossEntropy(labelSmoothing: spec.train.labelSmoothing)(pass.logits, labels: batch.labels)
    network.backward(pass, result.gradient)
    file.tensors["train.loss"] = Tensor(shape: [1], values: [Float(result.loss)])
    for parameter in network.parameters { file.tensors["grad." + parameter.name] = parameter.gradient }
    for (name, tensor) in network.runningStatistics { file.tensors["after." + name] = tensor }
    do {
      try DurableFile.writeOutput(file.serialized(), to: output)
    } catch {
      throw .unwritten(error)
    }
  }
}
