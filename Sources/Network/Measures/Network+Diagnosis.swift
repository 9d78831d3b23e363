import Compute

extension Network {
  /// The first layer, in forward order, whose parameters or activations are not finite.
  ///
  /// To be called after a training pass whose loss is not finite.
  public func firstNonFiniteLayer(_ pass: TrainingPass) -> String? {
    for (step, entry) in zip(plan.steps, pass.tape.entries) {
      for node in step.nodes where store[node].contains(where: { !$0.value.values.allSatisfy(\.isFinite) }) {
        return graph.nodes[node].tensors
      }
      guard let entry else { continue }
      for (node, planes) in step.keptPlanes(entry.saved) where !isFinite(planes) {
        return graph.nodes[node].tensors
      }
      if let output = entry.values.output, !isFinite(output), let last = step.nodes.last {
        return graph.nodes[last].layer
      }
    }
    return nil
  }

  private func isFinite(_ planes: Planes) -> Bool { planes.dense().allSatisfy(\.isFinite) }
}
