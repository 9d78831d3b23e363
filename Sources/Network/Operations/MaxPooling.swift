import Compute

/// The largest value of each window.
///
/// Output rows = (rows + 2 * padding - window) / stride + 1. Gradient and relevance both go to the
/// position of the (first) maximum.
public struct MaxPooling: ChannelwiseOperation {
  public let window: Int
  public let stride: Int
  public let padding: Int

  /// - Parameters:
  ///   - stride: by default the window
  ///   - padding: at most half of the window
  public init(window: Int, stride: Int? = nil, padding: Int = 0) {
    self.window = window
    self.stride = stride ?? window
    self.padding = padding
  }

  public func outputShape(_ inputs: [FeatureShape]) throws(GraphError) -> FeatureShape {
    try inputs[0].pooled(window, stride: stride, padding: padding)
  }

  public var backwardNeeds: SavedValues { [] }

  /// - Returns: the output, and the position of each maximum in its feature map.
  public func forward(
    _ x: [Planes], _ tensors: [Parameter], _ run: inout Run
  ) -> (output: Planes, saved: [Int32]) {
    let output = run.planes(x[0].shape.windowed(window, stride: stride, padding: padding))
    var indices: [Int32] = []
    run.engine.maxPool(
      x[0], window: window, stride: stride, padding: padding, into: output, indices: &indices)
    return (output, indices)
  }

  public func backward(
    _ dy: Planes, _ values: StepValues, _ saved: [Int32], _ tensors: [Parameter], into dx: NodeFlow,
    _ run: inout Run
  ) {
    dx.overwrite(0, values.inputShapes[0]) { planes in
      run.engine.maxPoolGradient(
        dy, indices: saved, window: window, stride: stride, padding: padding, into: planes)
    }
  }

  public func relevance(
    _ r: Planes, _ values: StepValues, _ saved: [Int32], _ tensors: [Parameter], into rx: NodeFlow,
    _ run: inout Run
  ) {
    backward(r, values, saved, tensors, into: rx, &run)
  }
}
