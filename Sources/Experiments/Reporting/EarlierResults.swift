import Foundation
import Reports
import Specification
import TensorFiles

/// The report that an earlier run has left in an experiment's folder, and what belongs to it.
struct EarlierResults {
  let folders: ResultFolders
  let report: Report

  /// Nil where there is no report, or none that can be read.
  init?(in folders: ResultFolders) {
    guard let text = try? String(contentsOfFile: folders.report, encoding: .utf8),
      let report = try? Report(json: text)
    else { return nil }
    (self.folders, self.report) = (folders, report)
  }

  /// What `spec` changes of the settings; empty for a report from before those were written.
  func changes(to spec: ExperimentSpec) -> [SpecChange] {
    report.spec.map { SpecChange.between($0, document(spec)) } ?? []
  }

  /// Has the report and its page say that a later run has not replaced them.
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

  /// Removes the models and plots that the report which has taken this one's place does not have.
  func removeOrphans(of new: Report, models: Set<String>) {
    let plots = Set(report.plotFiles().map(\.name)).subtracting(new.plotFiles().map(\.name))
    for name in plots { remove("\(folders.plots)/\(name)") }
    for run in report.runs {
      guard let variant = Variant(rawValue: run.variant) else { continue }
      let isKept = new.runs.contains { $0.seed == run.seed && $0.variant == run.variant }
      let folder = folders.variant(seed: run.seed, variant)
      if !isKept { remove(folders.events(seed: run.seed, variant)) }
      for name in ResultFolders.models where !isKept || !models.contains(name) { remove("\(folder)/\(name)") }
      // Only where nothing else is in them.
      rmdir(folder)
      rmdir((folder as NSString).deletingLastPathComponent)
    }
  }

  private func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
}

/// What a run says of settings that it changes:
/// `prune.ratio: 0.4 -> 0.2, seeds: [0] -> [1] and 3 more`.
func sentence(_ changes: [SpecChange]) -> String {
  let shown = changes.prefix(4).map { "\($0)" }.joined(separator: ", ")
  return changes.count > 4 ? "\(shown) and \(changes.count - 4) more" : shown
}
