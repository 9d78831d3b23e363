import Compute
import Network
import Specification
import Testing

@testable import Training

@Suite("Precision of activations")
struct PrecisionTests {
  @Test("has the names in experiments that the engine has")
  func names() {
    #expect(ActivationPrecision.allCases.map(\.rawValue) == Precision.allCases.map(\.rawValue))
    #expect(ActivationPrecision.allCases.map { Precision($0).rawValue } == Precision.allCases.map(\.rawValue))
  }

  /// A network after some epochs.
  private func trained(
    _ precision: ActivationPrecision, threads: Int = 1, epochs: Int = 1
  ) throws -> Network {
    let network = try TrainerTests.network(threads: threads)
    var spec = TrainerTests.train(rate: 0.05)
    spec.precision = precision
    let trainer = Trainer(spec, dataset: TrainerTests.dataset, seed: 3)
    for epoch in 0..<epochs { _ = try trainer.train(network, on: TrainerTests.images, epoch: epoch) }
    return network
  }

  private func evaluate(_ network: Network, _ precision: Precision) throws -> Evaluation {
    try Evaluation(
      of: network, on: TrainerTests.images, normalize: TrainerTests.dataset.normalize, batchSize: 64,
      precision: precision)
  }

  @Test("of 16 bits is enough to learn, and either precision can evaluate the network")
  func learns() throws {
    let network = try trained(.bfloat16, epochs: 6)
    let (single, half) = (try evaluate(network, .float32), try evaluate(network, .bfloat16))
    #expect(single.top1 > 80 && half.top1 > 80)
    #expect(abs(try #require(single.loss) - #require(half.loss)) < 0.05)
  }

  @Test("of 16 bits trains to the same bytes for any number of threads", arguments: [2, 4])
  func threads(_ threads: Int) throws {
    #expect(try trained(.bfloat16).tensors == trained(.bfloat16, threads: threads).tensors)
  }

  @Test("changes what is trained and what is evaluated")
  func matters() throws {
    let network = try trained(.float32)
    #expect(try network.tensors != trained(.bfloat16).tensors)
    #expect(try evaluate(network, .float32).loss != evaluate(network, .bfloat16).loss)
  }
}
