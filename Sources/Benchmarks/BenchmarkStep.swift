import Compute
import Network
import Specification
import Training

/// One step on a batch of random numbers.
struct BenchmarkStep {
  let network: Network
  let mode: Throughput.Mode
  /// Of activations; scoring is in single precision with either.
  let precision: Precision
  let images: Planes
  let labels: [Int]
  /// Only set for scoring: if it held the weights during training, they would be copied.
  let propagation: RelevancePropagation?
  let loss = CrossEntropy()
  let optimizer = StochasticGradientDescent(OptimizerSpec())

  init(network: Network, mode: Throughput.Mode, precision: Precision, batch: Int) {
    self.network = network
    self.mode = mode
    self.precision = precision
    let shape = network.graph.input.planes(images: batch)
    var stream = RandomStream(seed: 0, purpose: .augmentation, epoch: 0, index: 0)
    images = Planes(
      shape,
      dense: (0..<shape.channels * shape.pixelsPerChannel).map { _ in stream.uniform() * 2 - 1 })
    labels = (0..<batch).map { $0 % network.classes }
    propagation = mode == .score ? RelevancePropagation(network) : nil
  }

  func run() {
    switch mode {
    case .train: train()
    case .infer: _ = network.evaluate(images, precision: precision)
    case .score: _ = propagation?.relevances(images, labels: labels)
    }
  }

  private func train() {
    let dropout = RandomStream(seed: 0, purpose: .dropout, epoch: 0, index: 0)
    let pass = network.train(images, dropout: dropout, precision: precision)
    let gradient = loss(pass.logits, labels: labels).gradient
    network.backward(pass, gradient)
    optimizer.step(network, learningRate: 0.01)
  }
}
