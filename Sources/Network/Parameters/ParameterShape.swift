/// A tensor that an operation needs: its name after that of the node, its shape, and its initial
/// values.
public struct ParameterShape: Equatable, Sendable {
  /// `weight`, `bias`, `running_mean`.
  public let name: String
  public let shape: [Int]
  public let initial: Initial

  public enum Initial: Equatable, Sendable {
    case constant(Float)
    /// Normal, with mean 0.
    case normal(deviation: Double)
    /// Uniform between -bound and bound.
    case uniform(bound: Float)
  }

  /// Whether it is trained by gradients; running statistics of batch norm are not.
  public let isTrained: Bool

  init(_ name: String, _ shape: [Int], _ initial: Initial, isTrained: Bool = true) {
    self.name = name
    self.shape = shape
    self.initial = initial
    self.isTrained = isTrained
  }

  public var count: Int { shape.reduce(1, *) }
}
