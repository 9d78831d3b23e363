import Foundation
import Reports
import Specification
import TensorFiles

/// Writes the files of an experiment's result folder, except its models.
struct ResultFiles {
  let folders: ResultFolders

  /// Writes report.json, which comes before all other files.
  func writeReport(_ report: Report) throws(RunError) {
    do {
      try DurableFile.makeFolder(folders.root)
    } catch {
      throw .storage("\(error)")
    }
    try write(report.json(), "report.json")
  }

  /// Writes all other files but the page and its plots.
  func writeTables(of report: Report, _ spec: ExperimentSpec) throws(RunError) {
    try write(report.metricsJSON(), "metrics.json")
    try write(report.csv(), "report.csv")
    try write(report.summaryCSV(), "summary.csv")
    try write(report.expectationsCSV(), "expectations.csv")
    try write(report.layersCSV(), "layers.csv")
    try write(report.historyCSV(), "history.csv")
    try write(report.latencyCSV(), "latency.csv")
    try write(yaml(spec), "experiment.yaml")
  }

  /// Writes the page, with links to the files that are there.
  func writePage(of report: Report) throws(RunError) {
    do { try ReportPage(report).write(into: folders.root) } catch { throw .storage("\(error)") }
  }

  /// Removes models and events of runs that the report does not have, whichever run has left them,
  /// and nothing else.
  func removeOrphans(of report: Report, models: Set<String>) {
    for seed in seeds {
      for variant in Variant.allCases {
        let isKept = report.runs.contains { $0.seed == seed && $0.variant == variant.rawValue }
        let folder = folders.variant(seed: seed, variant)
        if !isKept {
          DurableFile.removeLeftovers(in: folder)
          TensorBoardLog.remove(from: folders.events(seed: seed, variant))
        }
        for name in ResultFolders.models where !isKept || !models.contains(name) {
          try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
        // Succeeds only for empty folders.
        rmdir(folder)
      }
      rmdir(folders.seed(seed))
    }
  }

  /// Those that have a folder of models or events.
  private var seeds: Set<UInt64> {
    let names = [folders.root, folders.tensorBoard].flatMap {
      (try? FileManager.default.contentsOfDirectory(atPath: $0)) ?? []
    }
    return Set(
      names.filter { $0.hasPrefix("seed-") }.compactMap { name in
        UInt64(name.dropFirst("seed-".count).prefix { $0 != "-" })
      })
  }

  private func write(_ text: String, _ name: String) throws(RunError) {
    let path = "\(folders.root)/\(name)"
    do {
      try DurableFile.write(Array(text.utf8), to: path)
    } catch {
      throw .storage("\(error)")
    }
  }
}
