import Compute

/// The mean of each window, with padding zeros included.
///
/// Output rows = (rows + 2 * padding - window) / stride + 1.
public struct AveragePooling: ChannelwiseOperation {
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
  public var relevanceNeeds: SavedValues { .inputs }

  public func forward(
    _ x: [Planes], _ tensors: [Parameter], _ run: inout Run
  ) -> (output: Planes, saved: Void) {
    let output = run.planes(x[0].shape.windowed(window, stride: stride, padding: padding))
    run.engine.averagePool(x[0], window: window, stride: stride, padding: padding, into: output)
    return (output, ())
  }

  public func backward(
    _ dy: Planes, _ values: StepValues, _ saved: Void, _ tensors: [Parameter], into dx: NodeFlow,
    _ run: inout Run
  ) {
    dx.write(to: 0, values.inputShapes[0]) { planes, accumulate in
      run.engine.averagePoolGradient(
        dy, window: window, stride: stride, padding: padding, accumulate: accumulate, into: planes)
    }
  }

  /// R_in = a * R / (sum of a over the window + 1e-9), summed over windows.
  public func relevance(
    _ r: Planes, _ values: StepValues, _ saved: Void, _ tensors: [Parameter], into rx: NodeFlow,
    _ run: inout Run
  ) {
    rx.write(to: 0, values.inputShapes[0]) { planes, accumulate in
      run.engine.averagePoolRelevance(
        r, input: values.input(), window: window, stride: stride, padding: padding, accumulate: accumulate,
        into: planes)
    }
  }
}
