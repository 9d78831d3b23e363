import Compute

/// A batch norm with the activation behind it, as one pass over memory: where normalization comes
/// before a convolution.
struct NormalizationStep: Step {
  let nodes: [Int]
  let input: Graph.Value
  let output: Graph.Value
  let activation: ActivationFunction

  var inputs: [Graph.Value] { [input] }

  var trainingNeeds: StepNeeds { StepNeeds(inputs: [true], output: false) }
  func relevanceNeeds(_ run: Run) -> StepNeeds { StepNeeds(inputs: [false], output: false) }

  private func tensors(_ parameters: ParameterStore) -> BatchNormalization.Tensors {
    BatchNormalization.Tensors(parameters[nodes[0]])
  }

  func forward(
    _ x: StepValues, _ parameters: ParameterStore, _ run: inout Run
  ) -> (output: Planes, saved: any Sendable) {
    let output = run.planes(x.input().shape)
    let statistics = BatchNormalization().forward(
      x.input(), activation: activation, into: output, tensors(parameters), run)
    return (output, statistics)
  }

  func backward(
    _ dy: Planes, _ values: StepValues, _ saved: any Sendable, _ parameters: ParameterStore, into flow: Flow,
    _ run: inout Run
  ) {
    guard let statistics = unwrap(saved, as: BatchNormalization.Statistics?.self) else {
      preconditionFailure("a backward pass follows a training pass")
    }
    let tensors = tensors(parameters)
    // Straight into what has flowed there, if anything has.
    let sum = flow.sum(at: input)
    BatchNormalization().backward(
      dy, input: values.input(), statistics: statistics,
      activation: BatchNormalization().behind(statistics, tensors, activation),
      accumulate: sum != nil, into: sum ?? dy, tensors, run)
    if sum == nil { flow.add(dy, to: input, run.engine) }
  }

  /// Passes unchanged.
  func relevance(
    _ r: Planes, _ values: StepValues, _ saved: any Sendable, _ parameters: ParameterStore, into flow: Flow,
    _ run: inout Run, record: (Graph.Value, Planes) -> Void
  ) {
    flow.add(r, to: input, run.engine)
  }
}
