import Foundation
import Reports
import Specification
import TensorFiles

/// The report of an earlier run in an experiment's folder, and its files.
struct EarlierResults {
  let folders: ResultFolders
  let report: Report

  /// Nil if there is no readable report.
  init?(in folders: ResultFolders) {
    guard let text = DurableFile.text(folders.report), var report = try? Report(json: text)
    else { return nil }
    report.deployment = try? DeploymentReport.measured(beside: folders.report)
    (self.folders, self.report) = (folders, report)
  }

  /// The settings that `spec` changes; empty for an old report without settings.
  func changes(to spec: ExperimentSpec) -> [SpecChange] {
    report.spec.map { SpecChange.between($0, document(spec)) } ?? []
  }

  /// Marks the report and its page as not replaced by a later run.
  func mark(_ status: Report.Status, _ problem: String) throws(RunError) {
    var marked = report
    (marked.status, marked.problem) = (status, problem)
    guard marked != report else { return }
    do {
      try DurableFile.write(Array(marked.json().utf8), to: folders.report)
      try ReportPage(marked).write(into: folders.root)
    } catch {
      throw .storage("\(error)")
    }
  }

  /// Removes plots that the new report does not have.
  func removePlots(missingIn new: Report) {
    let plots = Set(report.plotFiles().map(\.name)).subtracting(new.plotFiles().map(\.name))
    for name in plots { try? FileManager.default.removeItem(atPath: "\(folders.plots)/\(name)") }
  }
}

/// Description of changed settings: `prune.ratio: 0.4 -> 0.2, seeds: [0] -> [1] and 3 more`.
func sentence(_ changes: [SpecChange]) -> String {
  let shown = changes.prefix(4).map { "\($0)" }.joined(separator: ", ")
  return changes.count > 4 ? "\(shown) and \(changes.count - 4) more" : shown
}
