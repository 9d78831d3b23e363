import Compute
import Foundation

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
  public var threads: Int
  public var batch: Int
  /// Of the median step.
  public var imagesPerSecond: Double
  /// Peak memory of the process so far, in MiB.
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
    let step = BenchmarkStep(network: try benchmark.build(engine: engine), mode: mode, batch: batch)
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
