import Datasets

/// Why training stopped.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
  /// The loss of a step was not finite. Epoch and step are 1-based.
  case diverged(epoch: Int, step: Int, loss: String, layer: String?)
  /// A parameter or a running statistic was not finite after the last step of an epoch, 1-based.
  case tensorDiverged(epoch: Int, tensor: String)
  /// The test images' logits or loss were not finite after the last epoch, 1-based.
  case evaluationDiverged(epoch: Int)
  /// Every picture of the training or test images is damaged and left out.
  case noImages(part: String)
  /// An image cannot be read.
  case data(DatasetError)
  /// The user asked to stop.
  case interrupted

  public var description: String {
    switch self {
    case .diverged(let epoch, let step, let loss, let layer):
      "the loss is \(loss) at epoch \(epoch), step \(step)"
        + (layer.map { "; the first layer that is not finite is \($0)" } ?? "")
        + Self.advice
    case .tensorDiverged(let epoch, let tensor):
      "tensor \(tensor) is not finite after epoch \(epoch)" + Self.advice
    case .evaluationDiverged(let epoch):
      "the loss of the test images is not finite after epoch \(epoch)" + Self.advice
    case .noImages(let part):
      "no \(part) picture can be decoded; `dataset.damaged: skip` has left out all of them"
    case .data(let error): "\(error)"
    case .interrupted: "interrupted"
    }
  }

  private static let advice = ": try a lower learning rate or warm-up"
}
