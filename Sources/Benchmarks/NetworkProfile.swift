import Compute
import Foundation
import Network

/// Time of a training step by layer and kind of work.
public struct NetworkProfile: Encodable, Equatable, Sendable {
  public struct Row: Encodable, Equatable, Sendable {
    public var layer: String
    public var work: String
    /// The algorithm of a convolution; nil for other work.
    public var algorithm: String?
    /// Of one step.
    public var milliseconds: Double
    /// Multiply-accumulates of one step, in millions.
    public var megaMACs: Double
    /// Minimum number of bytes of activations and gradients to move in one step, in millions.
    public var megabytes: Double
    /// Billions of useful floating-point operations per second: two for each multiply-accumulate of
    /// a direct convolution, whatever the algorithm.
    public var gigaflops: Double
    /// Share of the measured peak in float32, which Winograd's minimal filtering can exceed, as it
    /// needs fewer operations, and products of bfloat16 values, which are computed in pairs.
    public var shareOfPeak: Double

    private enum CodingKeys: String, CodingKey {
      case layer, work, algorithm
      case milliseconds = "ms"
      case megaMACs = "mmacs"
      case megabytes = "mbytes"
      case gigaflops = "gflops"
      case shareOfPeak = "share_of_peak"
    }
  }

  public var name: String
  /// Of activations: `float32` or `bfloat16`.
  public var precision: String
  public var batch: Int
  public var threads: Int
  public var kernels: String
  /// GFLOPS of a loop of multiply-adds on all threads, measured just before.
  public var measuredPeak: Double
  /// The same of products of bfloat16 values; nil for kernels without instructions for them.
  public var measuredPairPeak: Double?
  /// Billions of bytes per second that all threads together read and write, measured just before.
  public var measuredBandwidth: Double
  /// Milliseconds of a whole step.
  public var step: Double
  public var rows: [Row]

  private enum CodingKeys: String, CodingKey {
    case name = "case"
    case precision, batch, threads, kernels
    case measuredPeak = "peak_gflops"
    case measuredPairPeak = "bfloat16_peak_gflops"
    case measuredBandwidth = "bandwidth_gb_per_s"
    case step = "step_ms"
    case rows = "layers"
  }

  /// Measures for at least `seconds` and five steps, after two that do not count.
  ///
  /// - Parameter precision: of activations.
  /// - Throws: ``BenchmarkCaseError``
  public init(
    of benchmark: BenchmarkCase, precision: Precision, batch: Int, seconds: Double, engine: Engine
  ) throws(BenchmarkCaseError) {
    measuredPeak = Machine.measuredPeak(engine: engine)
    measuredPairPeak = Machine.measuredPairPeak(engine: engine)
    measuredBandwidth = Machine.measuredBandwidth(engine: engine)
    let step = BenchmarkStep(
      network: try benchmark.build(engine: engine), mode: .train, precision: precision, batch: batch)
    for _ in 0..<2 { step.run() }
    let profile = LayerProfile()
    step.network.profile = profile
    let clock = ContinuousClock()
    let start = clock.now
    var steps = 0
    while steps < 5 || clock.now < start + .seconds(seconds) {
      step.run()
      steps += 1
    }
    self.step = (clock.now - start) / .seconds(1) / Double(steps) * 1000
    name = benchmark.name
    self.precision = precision.rawValue
    self.batch = batch
    threads = engine.threads
    kernels = engine.kernels.rawValue
    let peak = measuredPeak
    rows = profile.entries.map { Self.row($0, steps: steps, peak: peak) }
    rows.append(
      Row(
        layer: "everything else", work: "", milliseconds: self.step - rows.map(\.milliseconds).reduce(0, +),
        megaMACs: 0, megabytes: 0, gigaflops: 0, shareOfPeak: 0))
  }

  private static func row(_ entry: LayerProfile.Entry, steps: Int, peak: Double) -> Row {
    let seconds = entry.seconds / Double(steps)
    let macs = Double(entry.macs) / Double(steps)
    let gigaflops = seconds > 0 ? 2 * macs / seconds / 1e9 : 0
    return Row(
      layer: entry.layer, work: entry.work.rawValue, algorithm: entry.algorithm, milliseconds: seconds * 1000,
      megaMACs: macs / 1e6,
      megabytes: Double(entry.bytes) / Double(steps) / 1e6, gigaflops: gigaflops,
      shareOfPeak: peak > 0 ? gigaflops / peak : 0)
  }

  /// The sums over layers, one row for each kind of work.
  public var totals: [Row] {
    LayerProfile.Work.allCases.compactMap { work in
      let same = rows.filter { $0.work == work.rawValue }
      guard !same.isEmpty else { return nil }
      let milliseconds = same.map(\.milliseconds).reduce(0, +)
      let macs = same.map(\.megaMACs).reduce(0, +)
      let gigaflops = milliseconds > 0 ? 2 * macs / milliseconds : 0
      return Row(
        layer: "all layers", work: work.rawValue, milliseconds: milliseconds, megaMACs: macs,
        megabytes: same.map(\.megabytes).reduce(0, +), gigaflops: gigaflops,
        shareOfPeak: measuredPeak > 0 ? gigaflops / measuredPeak : 0)
    }
  }

  /// A table for people.
  public func text() -> String {
    let summary = String(
      format:
        "%@, %@: %.1f ms a step of %d images (%.1f images/s) on %d threads, %@; measured peak %.0f GFLOPS%@, %.0f GB/s",
      name, precision, step, batch, Double(batch) / step * 1000, threads, kernels, measuredPeak,
      measuredPairPeak.map { String(format: " (bfloat16: %.0f)", $0) } ?? "", measuredBandwidth)
    let header = ["layer", "work", "algorithm", "ms", "share", "MMACs", "GFLOPS", "of peak", "GB/s"]
    let lines = [header] + (rows.dropLast() + totals + rows.suffix(1)).map(cells)
    let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    let table = lines.map { line in
      line.enumerated().map { column, text in
        let space = String(repeating: " ", count: widths[column] - text.count)
        return column < 3 ? text + space : space + text
      }.joined(separator: "  ")
    }
    return ([summary, ""] + table).joined(separator: "\n")
  }

  private func cells(_ row: Row) -> [String] {
    let work = row.megaMACs > 0
    return [
      row.layer, row.work, row.algorithm ?? "", String(format: "%.2f", row.milliseconds),
      String(format: "%.1f %%", 100 * row.milliseconds / step),
      work ? String(format: "%.1f", row.megaMACs) : "", work ? String(format: "%.0f", row.gigaflops) : "",
      work ? String(format: "%.0f %%", 100 * row.shareOfPeak) : "",
      row.megabytes > 0 ? String(format: "%.0f", row.megabytes / row.milliseconds) : "",
    ]
  }
}
