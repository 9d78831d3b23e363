/// A tensor that an operation needs: what it is called behind the node's name, its shape, and what
/// it begins as.
public struct ParameterShape: Equatable, Sendable {
  /// `weight`, `bias`, `running_mean`.
  public let name: String
  public let shape: [Int]
  public let initial: Initial

  public enum Initial: Equatable, Sendable {
    case constant(Float)
    /// Normal, with mean 0.
    case normal(deviation: Double)
    /// Uniform within this distance from 0.
    case uniform(bound: Float)
  }

  /// Whether gradients move it; batch norm's running statistics move by themselves.
  public let isTrained: Bool

  init(_ name: String, _ shape: [Int], _ initial: Initial, isTrained: Bool = true) {
    self.name = name
    self.shape = shape
    self.initial = initial
    self.isTrained = isTrained
  }

  public var count: Int { shape.reduce(1, *) }
}
