/// Estimate of the bytes that a training needs for weights, gradients, momentum and saved
/// activations, without the data set and the program itself.
public struct TrainingMemory: Equatable, Sendable {
  /// Bytes of the weights.
  public var parameters: Double
  public var perImage: Double

  /// Bytes for batches of this number of images.
  public func bytes(images: Int) -> Double { 3 * parameters + Double(images) * perImage }
}

extension Graph {
  public var trainingMemory: TrainingMemory {
    let bytesOfFloat = 4.0
    let plan = ExecutionPlan(self, fused: true)
    let kept = plan.steps.map { elementsKept(by: $0, plan) }.reduce(0, +)
    // A gradient and the gradient that it is computed from.
    let largest = shapes.map { elements($0) }.max() ?? 0
    return TrainingMemory(
      parameters: bytesOfFloat * Double(PrunableGraph(self).cost.parameters),
      perImage: bytesOfFloat * (kept + 2 * largest))
  }

  /// Elements per image that a step saves: its output, and the output of a convolution before batch
  /// norm.
  private func elementsKept(by step: any Step, _ plan: ExecutionPlan) -> Double {
    // Values that only the plan has are copies of parts of others, and have no shape here.
    guard shapes.indices.contains(step.output.index) else { return 0 }
    let output = elements(shapes[step.output.index])
    let isNormalized = (step as? ConvolutionStep)?.normalization != nil
    let isRecomputed = plan.recomputable.contains(step.output.index)
    return (isNormalized ? output : 0) + (isRecomputed ? 0 : output)
  }

  private func elements(_ shape: FeatureShape) -> Double { Double(shape.channels) * Double(shape.pixels) }
}
