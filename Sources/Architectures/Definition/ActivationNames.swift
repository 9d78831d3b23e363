import Compute

extension ActivationFunction {
  private static let all: [ActivationFunction] = [
    .relu, .relu6, .leakyReLU(slope: 0.01), .silu, .hardSwish, .sigmoid, .hardSigmoid,
  ]

  /// The names in experiment files.
  static var names: [String] { all.map(\.name) }

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
    guard var function = Self.all.first(where: { $0.name == name }) else { return nil }
    if case .leakyReLU = function, let slope { function = .leakyReLU(slope: Float(slope)) }
    self = function
  }
}
