import Compute
import Datasets
import Foundation
import Reports
import Specification

/// The environment report of `doctor`: the machine, the chosen kernels, and the available data.
public struct DoctorReport: Encodable {
  struct Data: Encodable {
    var name: String
    var path: String?
    /// Nil if there is no default path.
    var found: Bool?
  }

  let version: String
  let processor: String
  let features: [String]
  let kernels: String
  let kernelsAvailable: [String]
  let threads: Int
  /// Why there are fewer threads than processors by default; nil if there are not.
  let threadLimit: String?
  let cores: Int
  let memoryGib: Double
  let blasLibrary: String?
  let blasRelease: String?
  let blasCore: String?
  let measuredPeakGflops: Double
  /// The same of products of bfloat16 values; nil for kernels without instructions for them.
  let measuredBfloat16PeakGflops: Double?
  let measuredBandwidthGbPerS: Double
  let pictureDecoders: String
  let data: [Data]
  let results: ResultsFolderCheck

  /// - Parameter results: the results folder.
  public init(engine: Engine, results: String) {
    let machine = Machine.current()
    version = ProductVersion.current
    processor = machine.processor
    features = machine.features
    kernels = engine.kernels.rawValue
    kernelsAvailable = KernelClass.available.map(\.rawValue)
    threads = engine.threads
    threadLimit = ProcessorLimit.current.explanation
    cores = machine.logicalCores
    memoryGib = (Double(machine.memory) / 0x1p30 * 10).rounded() / 10
    blasLibrary = machine.blasLibrary
    blasRelease = engine.blasRelease
    blasCore = engine.blasCore
    measuredPeakGflops = (Machine.measuredPeak(engine: engine) * 10).rounded() / 10
    measuredBfloat16PeakGflops = Machine.measuredPairPeak(engine: engine).map { ($0 * 10).rounded() / 10 }
    measuredBandwidthGbPerS = (Machine.measuredBandwidth(engine: engine) * 10).rounded() / 10
    pictureDecoders = PictureDecoders.versions
    self.results = ResultsFolderCheck(results)
    data = DatasetRegistry.all.map(\.description).map { entry in
      let path = entry.defaultPath(in: ProcessInfo.processInfo.environment)
      return Data(
        name: entry.name, path: path,
        found: entry.isPictures ? nil : path.map { FileManager.default.fileExists(atPath: $0) } ?? true)
    }
  }

  public func json() -> String { jsonText(self, pretty: true) }

  public func text() -> String {
    var lines = [
      "espalier      \(version)",
      "processor     \(processor), \(cores) cores (\(features.joined(separator: " ")))",
      "memory        \(memoryGib) GiB",
      "kernels       \(kernels) (available: \(kernelsAvailable.joined(separator: ", ")); ESPALIER_KERNELS selects)",
      "threads       \(threads)" + (threadLimit.map { ": \($0)" } ?? ""),
      "BLAS          \(blasLibrary ?? "not found: \(ComputeError.blasInstallation)"), release \(blasRelease ?? "-"), "
        + "core \(blasCore ?? "-")",
      "measured peak \(measuredPeakGflops) GFLOPS, multiply-adds on \(counted(threads, "thread"))"
        + (measuredBfloat16PeakGflops.map { ", \($0) of bfloat16 values" } ?? ""),
      "bandwidth     \(measuredBandwidthGbPerS) GB/s, read and written by \(counted(threads, "thread"))",
      "pictures      \(pictureDecoders)",
      "results       \(results.text)",
      "data (the environment variable ESPALIER_DATA selects the folder, `data` by default):",
    ]
    for entry in data {
      let name = entry.name.padding(toLength: 14, withPad: " ", startingAt: 0)
      let place = entry.path ?? (entry.found == nil ? "`dataset.path`" : "embedded")
      let state = entry.found.map { $0 ? "found  " : "missing" } ?? "any    "
      lines.append("  \(name) \(state) \(place)")
    }
    return lines.map(visible).joined(separator: "\n")
  }
}
