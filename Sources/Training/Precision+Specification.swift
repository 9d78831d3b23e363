import Compute
import Specification

extension Precision {
  /// The precision that an experiment names.
  public init(_ precision: ActivationPrecision) {
    self =
      switch precision {
      case .float32: .float32
      case .bfloat16: .bfloat16
      }
  }
}

extension ExperimentSpec {
  /// The least precision of activations in training and evaluation.
  public var leastPrecision: Precision {
    [train.precision, evaluate.precision].contains(.bfloat16) ? .bfloat16 : .float32
  }
}
