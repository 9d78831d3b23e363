import Compute
import Network
import TensorFiles

/// A network in the middle of training, as a tensor file: tensors, momentum, which channels are
/// left, and notes.
///
/// Random numbers need no saving: they depend only on what they are for (`RandomStream`).
public enum Checkpoint {
  private static let velocityPrefix = "velocity."

  /// The file of a network after some epochs; `notes` says whatever else has to be known.
  public static func file(_ network: Network, notes: [String: String]) -> TensorFile {
    var file = network.tensorFile(metadata: notes)
    for parameter in network.parameters {
      file.tensors[velocityPrefix + parameter.name] = parameter.velocity
    }
    return file
  }

  /// Brings a freshly built network to where the checkpoint was taken.
  public static func restore(
    _ network: Network, from file: TensorFile, path: String
  ) throws(ModelFileError) {
    var model = file
    model.tensors = file.tensors.filter { !$0.key.hasPrefix(velocityPrefix) }
    try network.load(model, from: path)
    for parameter in network.parameters {
      let name = velocityPrefix + parameter.name
      guard let velocity = file.tensors[name] else { throw .missing(file: path, tensor: name) }
      guard velocity.shape == parameter.value.shape else {
        throw .wrongShape(file: path, tensor: name, expected: parameter.value.shape, found: velocity.shape)
      }
      parameter.velocity = velocity
    }
  }
}
