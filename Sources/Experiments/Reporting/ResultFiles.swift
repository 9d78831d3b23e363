import Foundation
import Reports
import Specification
import TensorFiles

/// Writes the files of an experiment's result folder, except its models.
struct ResultFiles {
  let folders: ResultFolders

  /// Writes all but report.json, the page and its plots.
  func write(_ report: Report, _ spec: ExperimentSpec) throws(RunError) {
    do {
      try DurableFile.makeFolder(folders.root)
    } catch {
      throw .storage("\(error)")
    }
    try write(report.metricsJSON(), "metrics.json")
    try write(report.csv(), "report.csv")
    try write(report.summaryCSV(), "summary.csv")
    try write(report.expectationsCSV(), "expectations.csv")
    try write(report.layersCSV(), "layers.csv")
    try write(report.historyCSV(), "history.csv")
    try write(report.latencyCSV(), "latency.csv")
    try write(yaml(spec), "experiment.yaml")
  }

  /// Writes report.json, which replaces the list of an earlier run's files.
  func writeReport(_ report: Report) throws(RunError) { try write(report.json(), "report.json") }

  /// Writes the page, with links to the files that are there.
  func writePage(of report: Report) throws(RunError) {
    do { try ReportPage(report).write(into: folders.root) } catch { throw .storage("\(error)") }
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
