import Compute
import Network
import Specification

/// Stochastic gradient descent with momentum, as in PyTorch's `SGD`.
///
/// g = gradient + weightDecay * p; v = momentum * v + g; p = p - rate * v, or p - rate * (g +
/// momentum * v) with Nesterov. Weight decay is applied to every parameter, batch norm and biases
/// included.
public struct StochasticGradientDescent: Sendable {
  private let spec: OptimizerSpec

  public init(_ spec: OptimizerSpec) {
    self.spec = spec
  }

  /// One step by the gradients of the network's last backward pass.
  public func step(_ network: Network, learningRate: Double) {
    for parameter in network.parameters {
      network.engine.sgdStep(
        &parameter.value.values, gradient: parameter.gradient.values, velocity: &parameter.velocity.values,
        learningRate: Float(learningRate), momentum: Float(spec.momentum),
        weightDecay: Float(spec.weightDecay),
        nesterov: spec.nesterov)
    }
  }
}
