import Compute

/// A concatenation whose first input lies in memory with room behind it, where a chain of them adds
/// channels to what the one before gave, as dense blocks do: nothing but what is new is copied.
struct ConcatenationStep: Step {
  let node: Int
  let inputs: [Graph.Value]
  let output: Graph.Value
  /// Channels at the end of the chain.
  let capacity: Int

  private let operation = Concatenate()

  init(node: Int, inputs: [Graph.Value], output: Graph.Value, capacity: Int) {
    self.node = node
    self.inputs = inputs
    self.output = output
    self.capacity = capacity
  }

  var nodes: [Int] { [node] }

  func needs(_ run: Run) -> StepNeeds {
    StepNeeds(inputs: inputs.map { _ in false }, output: false)
  }

  func forward(
    _ x: StepValues, _ parameters: ParameterStore, _ run: inout Run
  ) -> (output: Planes, saved: any Sendable) {
    (run.engine.concatenate(x.inputs.indices.map(x.input), capacity: capacity), ())
  }

  func backward(
    _ dy: Planes, _ values: StepValues, _ saved: any Sendable, _ parameters: ParameterStore, into flow: Flow,
    _ run: inout Run
  ) {
    operation.backward(
      dy, values, (), [], into: NodeFlow(flow: flow, inputs: inputs, engine: run.engine), &run)
  }

  func relevance(
    _ r: Planes, _ values: StepValues, _ saved: any Sendable, _ parameters: ParameterStore, into flow: Flow,
    _ run: inout Run, record: (Graph.Value, Planes) -> Void
  ) {
    operation.relevance(
      r, values, (), [], into: NodeFlow(flow: flow, inputs: inputs, engine: run.engine), &run)
  }
}
