import Foundation

/// Latency of exported models in a runtime: the contents of `deployment.json`, which
/// scripts/measure-onnx.py writes next to a report.
public struct DeploymentReport: Codable, Equatable, Sendable {
  public var format: Int
  /// Name and version of the runtime.
  public var runtime: String
  public var processor: String
  public var models: [Model]

  /// One exported file.
  public struct Model: Codable, Equatable, Sendable {
    public var seed: UInt64
    /// `baseline` or `pruned`.
    public var variant: String
    /// MACs of the file for one image, including padding channels.
    public var macs: Int
    public var bytes: Int
    public var latency: [Latency]

    /// Milliseconds in a setting; nil if they were not measured.
    func milliseconds(_ setting: Setting) -> Double? {
      latency.first { $0.threads == setting.threads && $0.batchSize == setting.batchSize }?.milliseconds
    }
  }

  /// Median wall time of a batch.
  public struct Latency: Codable, Equatable, Sendable {
    public var threads: Int
    public var batchSize: Int
    public var milliseconds: Double
  }

  /// Setting of a measurement.
  struct Setting: Hashable, Comparable, Sendable {
    let threads: Int
    let batchSize: Int

    static func < (a: Setting, b: Setting) -> Bool { (a.batchSize, a.threads) < (b.batchSize, b.threads) }

    /// `batch of 128, 1 thread`
    var text: String { "batch of \(batchSize), \(counted(threads, "thread"))" }
  }

  /// Where it was measured; latencies can be compared only if this is the same.
  var environment: String { "\(runtime) on \(processor)" }

  var settings: [Setting] {
    Set(models.flatMap(\.latency).map { Setting(threads: $0.threads, batchSize: $0.batchSize) }).sorted()
  }

  /// Milliseconds by seed.
  func times(_ variant: String, _ setting: Setting) -> [UInt64: Double] {
    models.filter { $0.variant == variant }.reduce(into: [:]) { $0[$1.seed] = $1.milliseconds(setting) }
  }
}

extension DeploymentReport {
  /// What was measured of the models of a report, from the file next to it; nil if there is none,
  /// or if the exported files there have become others.
  ///
  /// - Throws: `file: path: message`.
  public static func measured(beside report: String) throws(ReportError) -> DeploymentReport? {
    let path = ReportSet.beside(report, "deployment.json")
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let found = try ReportSet.naming(path) { () throws(ReportError) -> DeploymentReport in
      let report: DeploymentReport = try Report.decoded(try ReportSet.text(path))
      guard report.format == 1 else {
        throw ReportError(path: "format", message: "expected 1, found \(report.format)")
      }
      return report
    }
    let areOthers = found.models.contains { model in
      let file = ReportSet.beside(report, "seed-\(model.seed)/\(model.variant)/model.onnx")
      let size = try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int
      return size.map { $0 != model.bytes } ?? false
    }
    return areOthers ? nil : found
  }
}
