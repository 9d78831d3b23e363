import Compute

/// Gradients or relevance of a graph's values during the backward pass.
///
/// In the backward pass, the first reader of a value writes to it or passes on its planes, and
/// later readers add to it.
final class Flow {
  private var planes: [Planes?]
  /// By value: whether it is needed.
  private let wanted: [Bool]
  let precision: Precision

  init(wanted: [Bool], precision: Precision) {
    planes = [Planes?](repeating: nil, count: wanted.count)
    self.wanted = wanted
    self.precision = precision
  }

  func wants(_ value: Graph.Value) -> Bool { wanted[value.index] }

  /// Adds planes and passes on their ownership: nobody else may write to them.
  func add(_ flowing: Planes, to value: Graph.Value, _ engine: Engine) {
    guard wanted[value.index] else { return }
    if let sum = planes[value.index] {
      engine.add(flowing, into: sum)
    } else {
      planes[value.index] = flowing
    }
  }

  /// The sum for a value so far, to add to; nil if nothing has been added.
  func sum(at value: Graph.Value) -> Planes? { planes[value.index] }

  /// Calls `body` with planes to overwrite, or to add to if the flag is set.
  func write(
    to value: Graph.Value, _ shape: PlaneShape, _ body: (_ planes: Planes, _ accumulate: Bool) -> Void
  ) {
    guard wanted[value.index] else { return }
    if let sum = planes[value.index] {
      body(sum, true)
    } else {
      let made = precision.planes(shape)
      body(made, false)
      planes[value.index] = made
    }
  }

  /// Removes and returns the sum for a value.
  func take(_ value: Graph.Value) -> Planes? {
    defer { planes[value.index] = nil }
    return planes[value.index]
  }
}

/// The flow as seen from the inputs of one node.
public struct NodeFlow {
  let flow: Flow
  let inputs: [Graph.Value]
  let engine: Engine

  /// Whether an input needs its gradient or relevance.
  func wants(_ input: Int) -> Bool { flow.wants(inputs[input]) }

  /// Adds planes and passes on their ownership: nobody else may write to them.
  func add(_ planes: Planes, to input: Int) { flow.add(planes, to: inputs[input], engine) }

  /// Calls `body` with planes to overwrite, or to add to if the flag is set.
  func write(to input: Int, _ shape: PlaneShape, _ body: (Planes, Bool) -> Void) {
    flow.write(to: inputs[input], shape, body)
  }

  /// Calls `body` with planes to overwrite, for operations that cannot add to planes themselves.
  func overwrite(_ input: Int, _ shape: PlaneShape, _ body: (Planes) -> Void) {
    guard wants(input) else { return }
    let made = flow.precision.planes(shape)
    body(made)
    add(made, to: input)
  }
}

/// The saved inputs and output of a step, as far as the backward pass needs them.
public struct StepValues: Sendable {
  let inputs: [Planes?]
  let output: Planes?
  /// The shapes of the inputs, saved or not.
  let inputShapes: [PlaneShape]

  /// - Precondition: the operation declares that it needs its inputs.
  func input(_ index: Int = 0) -> Planes {
    guard let planes = inputs[index] else { preconditionFailure("input \(index) was not kept") }
    return planes
  }

  /// - Precondition: the operation declares that it needs its output.
  func requireOutput() -> Planes {
    guard let output else { preconditionFailure("the output was not kept") }
    return output
  }
}
