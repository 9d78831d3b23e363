import Datasets

/// Why training stopped.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
  /// The loss of a step was not finite. Epoch and step are 1-based.
  case diverged(epoch: Int, step: Int, loss: String, layer: String?)
  /// An image cannot be read.
  case data(DatasetError)
  /// The user asked to stop.
  case interrupted

  public var description: String {
    switch self {
    case .diverged(let epoch, let step, let loss, let layer):
      "the loss is \(loss) at epoch \(epoch), step \(step)"
        + (layer.map { "; the first layer that is not finite is \($0)" }
          ?? "; all layers were finite before it")
        + ": try a lower learning rate or warm-up"
    case .data(let error): "\(error)"
    case .interrupted: "interrupted"
    }
  }
}
