import Compute

/// The mean of each channel's map, `[channels, 1, 1]`.
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
    let output = Planes(
      uninitialized: PlaneShape(channels: shape.channels, images: shape.images, rows: 1, columns: 1))
    run.engine.unflatten(run.engine.globalAveragePool(x[0]), into: output)
    return (output, ())
  }

  public func backward(
    _ dy: Planes, _ values: StepValues, _ saved: Void, _ tensors: [Parameter], into dx: NodeFlow,
    _ run: inout Run
  ) {
    dx.overwrite(0, values.inputShapes[0]) { planes in
      run.engine.globalAveragePoolGradient(run.engine.flatten(dy), into: planes)
    }
  }

  /// R_in = a * R / (mean a + 1e-9) at every pixel.
  public func relevance(
    _ r: Planes, _ values: StepValues, _ saved: Void, _ tensors: [Parameter], into rx: NodeFlow,
    _ run: inout Run
  ) {
    let (engine, activation) = (run.engine, values.input())
    let means = engine.globalAveragePool(activation)
    var quotients = engine.flatten(r)
    for index in quotients.values.indices {
      quotients.values[index] /= means.values[index] + RelevanceRule.stabilizer
    }
    rx.overwrite(0, activation.shape) { planes in
      let even = Planes(uninitialized: activation.shape)
      engine.globalAveragePoolGradient(quotients, into: even)
      let nothing = Planes(activation.shape)
      // The gradient of a mean divides by the window's pixels; relevance does not.
      engine.combine(
        activation: activation, positive: even,
        alpha: Float(activation.shape.rows * activation.shape.columns),
        negative: nothing, beta: 0, into: planes)
    }
  }
}
