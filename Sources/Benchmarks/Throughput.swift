import Compute

/// Throughput of training, inference or scoring, in images per second.
public struct Throughput: Codable, Equatable, Sendable {
  public enum Mode: String, Codable, CaseIterable, Sendable {
    /// Forward, backward and update.
    case train
    /// Forward with running statistics.
    case infer
    /// Feature relevance of every prunable channel.
    case score
  }

  public var name: String
  public var mode: Mode
  /// Of activations: `float32` or `bfloat16`.
  public var precision: String
  public var threads: Int
  public var batch: Int
  /// Of the median step.
  public var imagesPerSecond: Double
  /// Peak memory of the process so far, in MiB.
  public var peakMemory: Int

  private enum CodingKeys: String, CodingKey {
    case name = "case"
    case mode, precision, threads, batch
    case imagesPerSecond = "images_per_s"
    case peakMemory = "peak_rss_mib"
  }

  /// Measures for at least `seconds` and five steps, after two that do not count.
  ///
  /// - Parameter precision: of activations; scoring is in single precision with either.
  /// - Throws: ``BenchmarkCaseError``
  public init(
    of benchmark: BenchmarkCase, mode: Mode, precision: Precision, batch: Int, seconds: Double, engine: Engine
  ) throws(BenchmarkCaseError) {
    let step = BenchmarkStep(
      network: try benchmark.build(engine: engine), mode: mode, precision: precision, batch: batch)
    for _ in 0..<2 { step.run() }
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    var times: [Duration] = []
    while clock.now < end || times.count < 5 { times.append(clock.measure { step.run() }) }
    let sorted = times.sorted()
    name = benchmark.name
    self.mode = mode
    self.precision = precision.rawValue
    threads = engine.threads
    self.batch = batch
    imagesPerSecond = Double(batch) / (sorted[sorted.count / 2] / .seconds(1))
    peakMemory = peakResidentMebibytes()
  }
}
