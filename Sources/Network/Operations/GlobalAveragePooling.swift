import Compute

/// The mean of each channel over its pixels, `[channels, 1, 1]`.
public struct GlobalAveragePooling: ChannelwiseOperation {
  public init() {}

  public func outputShape(_ inputs: [FeatureShape]) throws(GraphError) -> FeatureShape {
    FeatureShape(channels: inputs[0].channels)
  }

  public var backwardNeeds: SavedValues { [] }
  public var relevanceNeeds: SavedValues { .inputs }

  public func forward(
    _ x: [Planes], _ tensors: [Parameter], _ run: inout Run
  ) -> (output: Planes, saved: Void) {
    let shape = x[0].shape
    let output = run.planes(
      PlaneShape(channels: shape.channels, images: shape.images, rows: 1, columns: 1))
    run.engine.globalAveragePool(x[0], into: output)
    return (output, ())
  }

  public func backward(
    _ dy: Planes, _ values: StepValues, _ saved: Void, _ tensors: [Parameter], into dx: NodeFlow,
    _ run: inout Run
  ) {
    dx.write(to: 0, values.inputShapes[0]) { planes, accumulate in
      run.engine.globalAveragePoolGradient(dy, accumulate: accumulate, into: planes)
    }
  }

  /// R_in = a * R / (mean a + 1e-9) at every pixel.
  public func relevance(
    _ r: Planes, _ values: StepValues, _ saved: Void, _ tensors: [Parameter], into rx: NodeFlow,
    _ run: inout Run
  ) {
    rx.write(to: 0, values.inputShapes[0]) { planes, accumulate in
      run.engine.globalAveragePoolRelevance(r, input: values.input(), accumulate: accumulate, into: planes)
    }
  }
}
