import TensorFiles

/// Why a tensor file does not fit a network.
public enum ModelFileError: Error, Equatable, CustomStringConvertible {
  case unreadable(TensorFileError)
  /// A file of another format, with its error.
  case other(String)
  case missing(file: String, tensor: String)
  /// A tensor has whole numbers, of this type.
  case integers(file: String, tensor: String, type: String)
  /// A tensor is there under its name with a wrapper's prefix, which not all tensors have.
  case partlyWrapped(file: String, tensor: String, prefix: String)
  case unexpected(file: String, tensor: String)
  case wrongShape(file: String, tensor: String, expected: [Int], found: [Int])
  /// The classifier's; the network can be built with as many.
  case otherClasses(file: String, expected: Int, found: Int)
  /// As `wrongShape`, where no tensor is larger than the network's: a model that was pruned, most
  /// likely.
  case lostChannels(file: String, tensor: String, expected: [Int], found: [Int])
  case notFinite(file: String, tensor: String)
  /// A running variance that is negative, or zero where there is no epsilon to it.
  case negativeVariance(file: String, tensor: String, value: Float)
  case badChannels(file: String, group: String, reason: String)

  public var description: String {
    switch self {
    case .unreadable(let error): "\(error)"
    case .other(let error): error
    case .missing(let file, let tensor): "\(file): tensor \(tensor) is missing"
    case .integers(let file, let tensor, let type):
      "\(file): tensor \(tensor) has whole numbers, \(type); expected F32, F16, BF16 or F64"
    case .partlyWrapped(let file, let tensor, let prefix):
      "\(file): tensor \(tensor) is missing, \(prefix)\(tensor) is there; `\(prefix)` before names is left out only "
        + "where all tensors have it"
    case .unexpected(let file, let tensor): "\(file): the network has no tensor \(tensor)"
    case .wrongShape(let file, let tensor, let expected, let found):
      "\(file): tensor \(tensor) has shape \(found), expected \(expected)"
    case .otherClasses(let file, let expected, let found):
      "\(file): its classifier has \(found) classes, the network \(expected)"
        + (found > expected ? "; `architecture.classes: \(found)` takes it, " : "; ")
        + "`architecture.new_head: true` trains a new one"
    case .lostChannels(let file, let tensor, let expected, let found):
      "\(file): tensor \(tensor) has shape \(found), expected \(expected): a pruned model whose metadata, "
        + "espalier.kept.*, was lost when another program wrote it, or one of another `architecture.width`; "
        + "take the file that `espalier run` wrote"
    case .notFinite(let file, let tensor):
      "\(file): tensor \(tensor) has values that are not finite, as after a training that diverged"
    case .negativeVariance(let file, let tensor, let value):
      "\(file): tensor \(tensor) has the value \(value); expected variances, which are not negative"
    case .badChannels(let file, let group, let reason): "\(file): kept channels of \(group): \(reason)"
    }
  }
}
