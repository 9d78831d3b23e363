import Compute
import Network

/// Time that a network takes to classify a batch.
public struct Latency: Equatable, Sendable {
  public var batchSize: Int
  /// Median wall time of one batch, in milliseconds.
  public var milliseconds: Double

  private static let warmUps = 3
  private static let repetitions = 15

  /// Measures with batches of zeros, since the time does not depend on the pixels.
  ///
  /// - Parameter precision: of the activations.
  public init(of network: Network, batchSize: Int, precision: Precision) {
    self.batchSize = batchSize
    let images = Planes(network.graph.input.planes(images: batchSize))
    var times: [Duration] = []
    for repetition in 0..<Self.warmUps + Self.repetitions {
      let time = ContinuousClock().measure {
        _ = network.evaluate(images, precision: precision)
      }
      if repetition >= Self.warmUps { times.append(time) }
    }
    milliseconds = times.sorted()[times.count / 2] / .milliseconds(1)
  }
}
