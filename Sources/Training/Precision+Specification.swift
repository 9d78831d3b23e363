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
