import Compute

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
  /// - Parameter precision: of the activations and their gradients.
  public func trainingMemory(precision: Precision) -> TrainingMemory {
    let plan = ExecutionPlan(self, fused: true)
    let kept = plan.steps.map { bytesKept(by: $0, plan, precision) }.reduce(0, +)
    // A gradient and the gradient that it is computed from.
    let largest = shapes.map { bytes($0, precision) }.max() ?? 0
    return TrainingMemory(
      parameters: Double(Precision.float32.bytes) * Double(PrunableGraph(self).cost.parameters),
      perImage: kept + 2 * largest)
  }

  /// Bytes per image that a step saves: its output, and the output of a convolution before batch
  /// norm.
  private func bytesKept(by step: any Step, _ plan: ExecutionPlan, _ precision: Precision) -> Double {
    // Values that only the plan has are copies of parts of others, and have no shape here.
    guard shapes.indices.contains(step.output.index) else { return 0 }
    let output = bytes(shapes[step.output.index], precision)
    let isNormalized = (step as? ConvolutionStep)?.normalization != nil
    let isRecomputed = plan.recomputable.contains(step.output.index)
    return (isNormalized ? output : 0) + (isRecomputed ? 0 : output)
  }

  /// Bytes of a value of one image.
  private func bytes(_ shape: FeatureShape, _ precision: Precision) -> Double {
    let bytes = precision.ofMaps(pixels: shape.pixels).bytes
    return Double(shape.channels) * Double(shape.pixels) * Double(bytes)
  }
}
