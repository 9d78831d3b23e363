import Compute

/// Gradients, or relevance, of a graph's values on the way back.
///
/// The first reader of a value that comes to its end writes what flows into the value or hands its
/// planes over, the later ones add to that.
final class Flow {
  private var planes: [Planes?]
  /// By value: whether it is wanted.
  private let wanted: [Bool]

  init(wanted: [Bool]) {
    planes = [Planes?](repeating: nil, count: wanted.count)
    self.wanted = wanted
  }

  func wants(_ value: Graph.Value) -> Bool { wanted[value.index] }

  /// Hands over planes that nobody else will write to.
  func add(_ flowing: Planes, to value: Graph.Value, _ engine: Engine) {
    guard wanted[value.index] else { return }
    if let sum = planes[value.index] {
      engine.add(flowing, into: sum)
    } else {
      planes[value.index] = flowing
    }
  }

  /// What has flowed into a value so far, to add to; nil where nothing has.
  func sum(at value: Graph.Value) -> Planes? { planes[value.index] }

  /// Calls `body` with planes to overwrite, or to add to where the flag says so.
  func write(
    to value: Graph.Value, _ shape: PlaneShape, _ body: (_ planes: Planes, _ accumulate: Bool) -> Void
  ) {
    guard wanted[value.index] else { return }
    if let sum = planes[value.index] {
      body(sum, true)
    } else {
      let made = Planes(uninitialized: shape)
      body(made, false)
      planes[value.index] = made
    }
  }

  /// All that has flowed into a value, which is forgotten here.
  func take(_ value: Graph.Value) -> Planes? {
    defer { planes[value.index] = nil }
    return planes[value.index]
  }
}

/// The part of a flow that one node's inputs see.
public struct NodeFlow {
  let flow: Flow
  let inputs: [Graph.Value]
  let engine: Engine

  /// Whether anything is wanted at an input.
  func wants(_ input: Int) -> Bool { flow.wants(inputs[input]) }

  /// Hands over planes that nobody else will write to.
  func add(_ planes: Planes, to input: Int) { flow.add(planes, to: inputs[input], engine) }

  /// Calls `body` with planes to overwrite, or to add to where the flag says so.
  func write(to input: Int, _ shape: PlaneShape, _ body: (Planes, Bool) -> Void) {
    flow.write(to: inputs[input], shape, body)
  }

  /// Calls `body` with planes to overwrite, for operations that cannot add to planes themselves.
  func overwrite(_ input: Int, _ shape: PlaneShape, _ body: (Planes) -> Void) {
    guard wants(input) else { return }
    let made = Planes(uninitialized: shape)
    body(made)
    add(made, to: input)
  }
}

/// What was kept of a step's inputs and output, as far as the way back needs them.
public struct StepValues: Sendable {
  let inputs: [Planes?]
  let output: Planes?
  /// The shapes of the inputs, kept or not.
  let inputShapes: [PlaneShape]

  /// - Precondition: the operation said that it needs its inputs.
  func input(_ index: Int = 0) -> Planes {
    guard let planes = inputs[index] else { preconditionFailure("input \(index) was not kept") }
    return planes
  }

  /// - Precondition: the operation said that it needs its output.
  func requireOutput() -> Planes {
    guard let output else { preconditionFailure("the output was not kept") }
    return output
  }
}
