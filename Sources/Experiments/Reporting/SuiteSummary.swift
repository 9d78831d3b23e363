import Foundation
import Reports

/// The results of a suite, one row per experiment, which `run` prints at the end.
public struct SuiteSummary {
  private let outcomes: [ExperimentOutcome]

  public init(_ outcomes: [ExperimentOutcome]) { self.outcomes = outcomes }

  /// - Parameter columns: characters per line; a wider table omits columns.
  public func text(columns: Int = 80) -> String {
    let header = [
      "experiment", "seeds", "baseline, %", "pruned, %", "drop", "compression", "MACs removed", "expected",
      "trained",
    ]
    let table = TextTable(
      [header] + outcomes.map(row),
      expendable: ["seeds", "trained", "compression", "MACs removed", "expected"])
    let done = outcomes.filter { $0.failure == nil }.count
    var total = "\(done) of \(counted(outcomes.count, "experiment")) done"
    let failed = outcomes.filter { $0.failure.map { !$0.isInterruption } ?? false }.map(\.spec.name)
    if !failed.isEmpty { total += "; failed: \(failed.joined(separator: ", "))" }
    let missed = outcomes.filter(\.isMissed).map(\.spec.name)
    if !missed.isEmpty { total += "; expectations missed: \(missed.joined(separator: ", "))" }
    return (table.lines(columns: columns) + [""] + wrapped(total, columns: columns, indent: "  "))
      .joined(separator: "\n")
  }

  private func row(_ outcome: ExperimentOutcome) -> [String] {
    let start = [outcome.spec.name, "\(outcome.spec.seeds.count)"]
    guard case .success(let report) = outcome.result else {
      let status = outcome.failure?.isInterruption ?? true ? "interrupted" : "failed"
      return start + ["-", "-", "-", "-", "-", "-", status]
    }
    let summary = report.summary
    let met = summary.expectations.count(where: \.met)
    return start + [
      summary.baseline.map { accuracyText($0.top1) } ?? "-",
      summary.pruned.map { accuracyText($0.top1) } ?? "-",
      summary.accuracyDrop.map { String(format: "%.2f", $0.mean) } ?? "-",
      summary.compression.map { String(format: "%.2f×", $0) } ?? "-",
      summary.flopsReduction.map { String(format: "%.1f %%", 100 * $0) } ?? "-",
      summary.expectations.isEmpty ? "-" : "\(met) of \(summary.expectations.count)",
      outcome.trained == 0 ? "cached" : "\(outcome.trained) of \(outcome.trainings)",
    ]
  }
}
