/// A dense array of numbers with a shape, in row-major order (last dimension fastest).
///
/// Holds what is not an activation plane: weights `[outputs, inputs, rows, columns]`, linear
/// layers' activations `[images, features]`, scores.
public struct Tensor: Equatable, Sendable {
  public private(set) var shape: [Int]
  public var values: [Float]

  /// A tensor filled with one value.
  public init(shape: [Int], repeating value: Float = 0) {
    self.shape = shape
    self.values = [Float](repeating: value, count: shape.reduce(1, *))
  }

  /// A tensor with the given values.
  ///
  /// - Precondition: there are as many values as the shape holds.
  public init(shape: [Int], values: [Float]) {
    precondition(values.count == shape.reduce(1, *), "\(values.count) values do not fill \(shape)")
    self.shape = shape
    self.values = values
  }

  public var count: Int { values.count }

  /// The entries whose index along `axis` is in `kept`, in that order.
  public func selecting(_ kept: [Int], axis: Int) -> Tensor {
    let outer = shape[..<axis].reduce(1, *)
    let inner = shape[(axis + 1)...].reduce(1, *)
    var newShape = shape
    newShape[axis] = kept.count
    var selected: [Float] = []
    selected.reserveCapacity(outer * kept.count * inner)
    for block in 0..<outer {
      for index in kept {
        let start = (block * shape[axis] + index) * inner
        selected.append(contentsOf: values[start..<start + inner])
      }
    }
    return Tensor(shape: newShape, values: selected)
  }
}
