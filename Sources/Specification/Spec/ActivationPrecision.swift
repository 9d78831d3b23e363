/// How activations, and in training their gradients, are stored.
///
/// Weights, momentum, statistics, sums and the loss are in single precision with either.
public enum ActivationPrecision: String, CaseIterable, Sendable {
  /// Single precision, 32 bits.
  case float32
  /// The upper half of single precision, 16 bits: the same range with 8 significant bits.
  case bfloat16
}
