import Compute
import Network
import TensorFiles

/// A checkpoint is a network during training, as a tensor file: tensors, momentum, remaining
/// channels, and notes.
///
/// The state of random numbers is not saved: they depend only on their purpose (`RandomStream`).
public enum Checkpoint {
  /// No layer has a name with a slash.
  private static let velocityPrefix = "velocity/"

  /// The checkpoint of a network; `notes` holds any other state.
  public static func file(_ network: Network, notes: [String: String]) -> TensorFile {
    var file = network.tensorFile(metadata: notes)
    for parameter in network.parameters {
      file.tensors[velocityPrefix + parameter.name] = parameter.velocity
    }
    return file
  }

  /// Restores the state of the checkpoint in a newly built network.
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
