import Compute

/// The largest value of each window.
///
/// Input `[channels, images, rows, columns]`; output rows = (rows + 2 * padding - window) / stride + 1.
/// Gradient and relevance both go to the position of the (first) maximum.
final class MaxPooling: FeatureLayer {
  let window: Int
  let stride: Int
  let padding: Int
  let outputRows: Int
  let outputColumns: Int

  private var inputShape: PlaneShape?
  private var output: Planes?
  private var indices: [Int32] = []

  convenience init(window: Int, stride: Int, padding: Int, inputRows: Int, inputColumns: Int) {
    self.init(
      window: window, stride: stride, padding: padding,
      outputRows: (inputRows + 2 * padding - window) / stride + 1,
      outputColumns: (inputColumns + 2 * padding - window) / stride + 1)
  }

  private init(window: Int, stride: Int, padding: Int, outputRows: Int, outputColumns: Int) {
    self.window = window
    self.stride = stride
    self.padding = padding
    self.outputRows = outputRows
    self.outputColumns = outputColumns
  }

  func replica() -> MaxPooling {
    MaxPooling(
      window: window, stride: stride, padding: padding, outputRows: outputRows, outputColumns: outputColumns)
  }

  var units: [ConvolutionUnit] { [] }
  var needsInput: Bool { false }

  func forward(_ input: Planes, _ context: Context) -> Planes {
    let shape = PlaneShape(
      channels: input.shape.channels, images: input.shape.images, rows: outputRows, columns: outputColumns)
    let result = context.pool.take(shape)
    context.engine.maxPool(
      input, window: window, stride: stride, padding: padding, into: result, indices: &indices)
    if context.keepsActivations {
      inputShape = input.shape
      output = result
    }
    return result
  }

  func backward(_ outputGradient: Planes, wantsInputGradient: Bool, _ context: Context) -> Planes? {
    defer { release(context) }
    defer { context.pool.give(outputGradient) }
    guard let inputShape, wantsInputGradient else { return nil }
    let result = context.pool.take(inputShape)
    context.engine.maxPoolGradient(
      outputGradient, indices: indices, window: window, stride: stride, padding: padding, into: result)
    return result
  }

  func relevance(
    _ relevance: Planes, wantsInput: Bool, _ context: Context, record: (String, Planes) -> Void
  ) -> Planes? {
    backward(relevance, wantsInputGradient: wantsInput, context)
  }

  var keptActivations: [(name: String, planes: Planes)] { [] }

  func release(_ context: Context) {
    context.pool.give(output)
    output = nil
    inputShape = nil
  }
}
