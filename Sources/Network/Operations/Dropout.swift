import Compute

/// Dropout (Srivastava et al. 2014): zeroes each element with probability p in training and scales
/// the others by 1/(1-p).
public struct Dropout: ChannelwiseOperation, RelevancePassing {
  public let probability: Float

  /// - Parameter probability: from 0 to below 1.
  public init(_ probability: Float) {
    self.probability = probability
  }

  public func outputShape(_ inputs: [FeatureShape]) throws(GraphError) -> FeatureShape { inputs[0] }

  public var backwardNeeds: SavedValues { [] }

  /// Draws image by image, channel by channel.
  ///
  /// - Returns: the output, and which elements were kept; nil if nothing was dropped.
  public func forward(
    _ x: [Planes], _ tensors: [Parameter], _ run: inout Run
  ) -> (output: Planes, saved: [Bool]?) {
    guard run.mode == .training, probability > 0, var stream = run.dropout else { return (x[0], nil) }
    let kept = (0..<x[0].shape.channels * x[0].shape.pixelsPerChannel).map { _ in
      stream.uniform() >= probability
    }
    run.dropout = stream
    return (scaled(x[0], where: kept, run), kept)
  }

  public func backward(
    _ dy: Planes, _ values: StepValues, _ saved: [Bool]?, _ tensors: [Parameter], into dx: NodeFlow,
    _ run: inout Run
  ) {
    dx.add(saved.map { scaled(dy, where: $0, run) } ?? dy, to: 0)
  }

  private func scaled(_ planes: Planes, where kept: [Bool], _ run: Run) -> Planes {
    let scale = 1 / (1 - probability)
    var values = run.engine.flatten(planes)
    for index in values.values.indices {
      values.values[index] = kept[index] ? values.values[index] * scale : 0
    }
    let result = run.planes(planes.shape)
    run.engine.unflatten(values, into: result)
    return result
  }
}
