/// About how many bytes a training needs for weights, their gradients and momentum, and for what
/// the backward pass reads. Images of the data set and the program itself come on top.
public struct TrainingMemory: Equatable, Sendable {
  /// Of the weights once.
  public var parameters: Double
  public var perImage: Double

  /// For batches of that number of images.
  public func bytes(images: Int) -> Double { 3 * parameters + Double(images) * perImage }
}

extension Graph {
  public var trainingMemory: TrainingMemory {
    let bytesOfFloat = 4.0
    let plan = ExecutionPlan(self, fused: true)
    let kept = plan.steps.map { elementsKept(by: $0, plan) }.reduce(0, +)
    // A gradient and what it is computed from.
    let largest = shapes.map { elements($0) }.max() ?? 0
    return TrainingMemory(
      parameters: bytesOfFloat * Double(PrunableGraph(self).cost.parameters),
      perImage: bytesOfFloat * (kept + 2 * largest))
  }

  /// Numbers of an image that a step keeps: its output, and that of a convolution before its batch
  /// norm.
  private func elementsKept(by step: any Step, _ plan: ExecutionPlan) -> Double {
    // Values of the plan's own have no shape here; they are copies of parts of others.
    guard shapes.indices.contains(step.output.index) else { return 0 }
    let output = elements(shapes[step.output.index])
    let isNormalized = (step as? ConvolutionStep)?.normalization != nil
    let isRecomputed = plan.recomputable.contains(step.output.index)
    return (isNormalized ? output : 0) + (isRecomputed ? 0 : output)
  }

  private func elements(_ shape: FeatureShape) -> Double { Double(shape.channels) * Double(shape.pixels) }
}
