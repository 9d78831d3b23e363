import Compute

extension Network {
  /// The first parameter or running statistic, by name, with a value that is not finite: the
  /// network has diverged.
  public var firstNonFiniteTensor: String? { tensors.filter { !isFinite($0.value) }.keys.min() }

  /// The first layer, in forward order, whose parameters or activations are not finite.
  ///
  /// To be called after a training pass whose loss is not finite.
  public func firstNonFiniteLayer(_ pass: TrainingPass) -> String? {
    let broken = stepsWithNonFiniteOutput(pass)
    for (index, (step, entry)) in zip(plan.steps, pass.tape.entries).enumerated() {
      for node in step.nodes where store[node].contains(where: { !isFinite($0.value) }) {
        return graph.nodes[node].tensors
      }
      if let entry {
        for (node, planes) in step.keptPlanes(entry.saved) where !isFinite(planes) {
          return graph.nodes[node].tensors
        }
      }
      if broken.contains(index), let last = step.nodes.last { return graph.nodes[last].layer }
    }
    return nil
  }

  /// Steps whose output is not finite, as far as they or its readers have saved it.
  private func stepsWithNonFiniteOutput(_ pass: TrainingPass) -> Set<Int> {
    var found: Set<Int> = []
    func check(_ value: Graph.Value, _ isFinite: Bool) {
      if !isFinite, let producer = plan.producers[value.index] { found.insert(producer) }
    }
    check(graph.output, isFinite(pass.logits))
    for (step, entry) in zip(plan.steps, pass.tape.entries) {
      guard let entry else { continue }
      for (input, planes) in zip(step.inputs, entry.values.inputs) {
        if let planes { check(input, isFinite(planes)) }
      }
      if let output = entry.values.output { check(step.output, isFinite(output)) }
      // A linear layer has its input as vectors.
      if let vectors = entry.saved as? Tensor { check(step.inputs[0], isFinite(vectors)) }
    }
    return found
  }

  private func isFinite(_ planes: Planes) -> Bool { planes.dense().allSatisfy(\.isFinite) }
  private func isFinite(_ tensor: Tensor) -> Bool { tensor.values.allSatisfy(\.isFinite) }
}
