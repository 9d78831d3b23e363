import Foundation
import Reports
import Specification
import TensorFiles

/// Writes the files of an experiment's result folder, except its models.
struct ResultFiles {
  let folders: ResultFolders

  /// Writes all but the page and its plots; report.json first, which lists the models that are
  /// there even if another file cannot be written.
  func write(_ report: Report, _ spec: ExperimentSpec) throws(RunError) {
    do {
      try DurableFile.makeFolder(folders.root)
    } catch {
      throw .storage("\(error)")
    }
    try write(report.json(), "report.json")
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

  private func write(_ text: String, _ name: String) throws(RunError) {
    let path = "\(folders.root)/\(name)"
    do {
      try DurableFile.write(Array(text.utf8), to: path)
    } catch {
      throw .storage("\(error)")
    }
  }
}
