import Compute
import Foundation
import Network
import Specification
import Training

/// Images a second that a network trains on or classifies.
public struct Throughput: Codable, Equatable, Sendable {
  public enum Mode: String, Codable, CaseIterable, Sendable {
    /// Forward, backward and update.
    case train
    /// Forward with running statistics.
    case infer
  }

  public var name: String
  public var mode: Mode
  public var threads: Int
  public var batch: Int
  /// Of the median step.
  public var imagesPerSecond: Double
  /// Most memory that the process has had in use until now, in MiB.
  public var peakMemory: Int

  private enum CodingKeys: String, CodingKey {
    case name = "case"
    case mode, threads, batch
    case imagesPerSecond = "images_per_s"
    case peakMemory = "peak_rss_mib"
  }

  /// Measures for at least `seconds` and five steps, after two that do not count.
  ///
  /// - Throws: ``BenchmarkCaseError``
  public init(
    of benchmark: BenchmarkCase, mode: Mode, batch: Int, seconds: Double, engine: Engine
  ) throws(BenchmarkCaseError) {
    let step = Step(network: try benchmark.build(engine: engine), mode: mode, batch: batch)
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    var times: [Duration] = []
    while clock.now < end || times.count < 7 { times.append(clock.measure { step.run() }) }
    let sorted = times.dropFirst(2).sorted()
    name = benchmark.name
    self.mode = mode
    threads = engine.threads
    self.batch = batch
    imagesPerSecond = Double(batch) / (sorted[sorted.count / 2] / .seconds(1))
    peakMemory = Self.peakResidentMebibytes()
  }

  private static func peakResidentMebibytes() -> Int {
    var usage = rusage()
    // RUSAGE_SELF, whose type differs between systems.
    getrusage(0, &usage)
    #if os(Linux)
      return Int(usage.ru_maxrss) / 1024
    #else
      return Int(usage.ru_maxrss) / (1024 * 1024)
    #endif
  }
}

/// One step on a batch of random numbers.
private struct Step {
  let network: Network
  let mode: Throughput.Mode
  let images: [Float]
  let labels: [Int]
  let loss = CrossEntropy()
  let optimizer = StochasticGradientDescent(OptimizerSpec())

  init(network: Network, mode: Throughput.Mode, batch: Int) {
    self.network = network
    self.mode = mode
    let shape = network.input
    var stream = RandomStream(seed: 0, purpose: .augmentation, epoch: 0, index: 0)
    images = (0..<batch * shape.channels * shape.rows * shape.columns).map { _ in
      stream.uniform() * 2 - 1
    }
    labels = (0..<batch).map { $0 % network.classes }
  }

  func run() {
    guard mode == .train else {
      _ = network.forward(images, count: labels.count, pass: .evaluation)
      return
    }
    let dropout = RandomStream(seed: 0, purpose: .dropout, epoch: 0, index: 0)
    let logits = network.forward(images, count: labels.count, pass: .training, dropout: dropout)
    network.backward(loss(logits, labels: labels).gradient)
    optimizer.step(network, learningRate: 0.01)
  }
}
