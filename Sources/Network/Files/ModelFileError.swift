import TensorFiles

/// Why a tensor file does not fit a network.
public enum ModelFileError: Error, Equatable, CustomStringConvertible {
  case unreadable(TensorFileError)
  /// A file of another format, with its error.
  case other(String)
  case missing(file: String, tensor: String)
  /// A tensor has an integer type.
  case integers(file: String, tensor: String, type: String)
  /// A tensor exists only with a wrapper's prefix, which not all tensors have.
  case partlyWrapped(file: String, tensor: String, prefix: String)
  case unexpected(file: String, tensor: String)
  case wrongShape(file: String, tensor: String, expected: [Int], found: [Int])
  /// The shape of the classifier; the network can be built with this number of classes.
  case otherClasses(file: String, expected: Int, found: Int)
  /// Like `wrongShape`, if no tensor is larger than the network's: most likely a pruned model.
  case lostChannels(file: String, tensor: String, expected: [Int], found: [Int])
  case notFinite(file: String, tensor: String)
  /// A running variance is negative and not made positive by epsilon.
  case negativeVariance(file: String, tensor: String, value: Float)
  case badChannels(file: String, group: String, reason: String)

  public var description: String {
    switch self {
    case .unreadable(let error): "\(error)"
    case .other(let error): error
    case .missing(let file, let tensor): "\(file): tensor \(tensor) is missing"
    case .integers(let file, let tensor, let type):
      "\(file): tensor \(tensor) has the integer type \(type); expected F32, F16, BF16 or F64"
    case .partlyWrapped(let file, let tensor, let prefix):
      "\(file): tensor \(tensor) is missing, but \(prefix)\(tensor) exists; the prefix `\(prefix)` is removed only "
        + "if all tensors have it"
    case .unexpected(let file, let tensor): "\(file): the network has no tensor \(tensor)"
    case .wrongShape(let file, let tensor, let expected, let found):
      "\(file): tensor \(tensor) has shape \(found), expected \(expected)"
    case .otherClasses(let file, let expected, let found):
      "\(file): its classifier has \(found) classes, the network \(expected)"
        + (found > expected ? "; `architecture.classes: \(found)` takes it, " : "; ")
        + "`architecture.new_head: true` trains a new one"
    case .lostChannels(let file, let tensor, let expected, let found):
      "\(file): tensor \(tensor) has shape \(found), expected \(expected): "
        + (file.lowercased().hasSuffix(".onnx")
          ? "a pruned model, or one of another `architecture.width`; an ONNX file does not say which channels are "
            + "left, so use its `model.safetensors`, or `architecture: {onnx: …}`"
          : "a pruned model whose metadata, espalier.kept.*, was lost when another program wrote it, or a model of "
            + "another `architecture.width`; use the file that `espalier run` wrote")
    case .notFinite(let file, let tensor):
      "\(file): tensor \(tensor) has values that are not finite, as after a training that diverged"
    case .negativeVariance(let file, let tensor, let value):
      "\(file): tensor \(tensor) has the value \(value); variances must not be negative"
    case .badChannels(let file, let group, let reason): "\(file): kept channels of \(group): \(reason)"
    }
  }
}
