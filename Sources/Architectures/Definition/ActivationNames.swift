import Compute

extension ActivationFunction {
  /// The names in experiment files.
  static let names = ["relu", "relu6", "leaky_relu", "silu", "hard_swish", "sigmoid", "hard_sigmoid"]

  /// The name in experiment files.
  var name: String {
    switch self {
    case .relu: "relu"
    case .relu6: "relu6"
    case .leakyReLU: "leaky_relu"
    case .silu: "silu"
    case .hardSwish: "hard_swish"
    case .sigmoid: "sigmoid"
    case .hardSigmoid: "hard_sigmoid"
    }
  }

  /// The function with this name; nil if there is none.
  ///
  /// - Parameter slope: of `leaky_relu` below zero; by default 0.01
  init?(name: String, slope: Double?) {
    switch name {
    case "relu": self = .relu
    case "relu6": self = .relu6
    case "leaky_relu": self = .leakyReLU(slope: Float(slope ?? 0.01))
    case "silu": self = .silu
    case "hard_swish": self = .hardSwish
    case "sigmoid": self = .sigmoid
    case "hard_sigmoid": self = .hardSigmoid
    default: return nil
    }
  }
}
