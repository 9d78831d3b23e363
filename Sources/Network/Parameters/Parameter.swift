import Compute

/// A trained tensor with its gradient and optimizer state, which shrink together.
public final class Parameter {
  /// The name in the tensor file: `layer1.0.conv1.weight`.
  public let name: String
  public var value: Tensor
  public var gradient: Tensor
  /// Momentum of stochastic gradient descent.
  public var velocity: Tensor

  init(name: String, shape: [Int], repeating initial: Float = 0) {
    self.name = name
    value = Tensor(shape: shape, repeating: initial)
    gradient = Tensor(shape: shape)
    velocity = Tensor(shape: shape)
  }

  init(copying other: Parameter) {
    name = other.name
    value = other.value
    gradient = other.gradient
    velocity = other.velocity
  }

  /// The layer as a profile names it; of a weight.
  var layer: String { String(name.dropLast(".weight".count)) }

  /// Keeps the slices at `positions` along `axis` of value, gradient and velocity.
  func keep(_ positions: [Int], axis: Int) {
    value = value.selecting(positions, axis: axis)
    gradient = gradient.selecting(positions, axis: axis)
    velocity = velocity.selecting(positions, axis: axis)
  }
}
