import Compute

/// A part of a plan: one node, or several whose work is fused.
protocol Step: Sendable {
  /// The nodes that it covers, ascending.
  var nodes: [Int] { get }
  /// What it reads of the graph's values.
  var inputs: [Graph.Value] { get }
  var output: Graph.Value { get }

  /// What the way back of training reads of the values.
  var trainingNeeds: StepNeeds { get }
  /// What relevance reads of the values.
  func relevanceNeeds(_ run: Run) -> StepNeeds

  /// Computes the output, and what the way back needs besides the values.
  func forward(
    _ x: StepValues, _ parameters: ParameterStore, _ run: inout Run
  ) -> (output: Planes, saved: any Sendable)

  /// Sets gradients of tensors and adds those of the inputs.
  func backward(
    _ dy: Planes, _ values: StepValues, _ saved: any Sendable, _ parameters: ParameterStore, into flow: Flow,
    _ run: inout Run)

  /// Adds the relevance of the inputs; tells `record` the relevance of values inside the step.
  func relevance(
    _ r: Planes, _ values: StepValues, _ saved: any Sendable, _ parameters: ParameterStore, into flow: Flow,
    _ run: inout Run, record: (Graph.Value, Planes) -> Void)

  /// Computes the output of a training pass once more, bit for bit, from what was saved.
  func recompute(
    _ values: StepValues, _ saved: any Sendable, _ parameters: ParameterStore, _ run: Run
  ) -> Planes

  /// Values inside, for finding the first one that is not finite: the name of the layer, and its
  /// planes.
  func keptPlanes(_ saved: any Sendable) -> [(node: Int, planes: Planes)]
}

extension Step {
  /// What the way back of a pass reads of the values.
  func needs(_ run: Run) -> StepNeeds {
    switch run.mode {
    case .training: trainingNeeds
    case .relevance: relevanceNeeds(run)
    case .evaluation: StepNeeds(inputs: inputs.map { _ in false }, output: false)
    }
  }

  func keptPlanes(_ saved: any Sendable) -> [(node: Int, planes: Planes)] { [] }

  func recompute(
    _ values: StepValues, _ saved: any Sendable, _ parameters: ParameterStore, _ run: Run
  ) -> Planes {
    preconditionFailure("only outputs of fused steps are computed again")
  }

  /// What a step saved, as its own type.
  func unwrap<T>(_ saved: any Sendable, as type: T.Type) -> T {
    guard let own = saved as? T else {
      preconditionFailure("\(Swift.type(of: saved)) is not what the step saved")
    }
    return own
  }
}

/// Values that the way back reads.
struct StepNeeds {
  /// One for each input.
  let inputs: [Bool]
  let output: Bool
}

/// One node by itself: the reference for every fused step.
struct OperationStep<Own: Operation>: Step {
  let node: Int
  let operation: Own
  let inputs: [Graph.Value]
  let output: Graph.Value

  var nodes: [Int] { [node] }

  var trainingNeeds: StepNeeds { needs(operation.backwardNeeds) }
  func relevanceNeeds(_ run: Run) -> StepNeeds { needs(operation.relevanceNeeds) }

  private func needs(_ values: SavedValues) -> StepNeeds {
    StepNeeds(inputs: inputs.map { _ in values.contains(.inputs) }, output: values.contains(.output))
  }

  func forward(
    _ x: StepValues, _ parameters: ParameterStore, _ run: inout Run
  ) -> (output: Planes, saved: any Sendable) {
    let (output, saved) = operation.forward(x.inputs.indices.map(x.input), parameters[node], &run)
    return (output, saved)
  }

  func backward(
    _ dy: Planes, _ values: StepValues, _ saved: any Sendable, _ parameters: ParameterStore, into flow: Flow,
    _ run: inout Run
  ) {
    operation.backward(
      dy, values, unwrap(saved, as: Own.Saved.self), parameters[node],
      into: NodeFlow(flow: flow, inputs: inputs, engine: run.engine), &run)
  }

  func relevance(
    _ r: Planes, _ values: StepValues, _ saved: any Sendable, _ parameters: ParameterStore, into flow: Flow,
    _ run: inout Run, record: (Graph.Value, Planes) -> Void
  ) {
    operation.relevance(
      r, values, unwrap(saved, as: Own.Saved.self), parameters[node],
      into: NodeFlow(flow: flow, inputs: inputs, engine: run.engine), &run)
  }
}
