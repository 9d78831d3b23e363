import Foundation
import Specification

extension Report {
  /// The comparison as a table for the terminal.
  ///
  /// - Parameter columns: largest number of characters per line, as far as names and numbers allow.
  public func table(columns: Int = 80) -> String {
    let title = description.isEmpty ? experiment : "\(experiment): \(description)"
    var lines = wrapped(visible(title), columns: columns, indent: "  ")
    guard let baseline = summary.baseline else { return lines.joined(separator: "\n") }
    let pruned = summary.pruned
    var rows = [["", "baseline", "pruned", "change"]]
    if baseline.top1.n > 1 { rows.append(["seeds", "\(baseline.top1.n)", count(pruned?.top1), ""]) }
    rows.append([
      "top-1 accuracy, %", accuracyText(baseline.top1), pruned.map { accuracyText($0.top1) } ?? "-",
      summary.accuracyDrop.map { String(format: "%+.2f", 0 - $0.mean) } ?? "-",
    ])
    rows += spreadRow(baseline.top1, pruned?.top1)
    rows.append(row("parameters", baseline.parameters, pruned?.parameters))
    rows.append(row("MACs", baseline.macs, pruned?.macs))
    rows.append(row("prunable channels", baseline.channels, pruned?.channels))
    if let times = epochTimes() { rows.append(times) }
    lines += [""] + TextTable(rows, gap: 3).lines(columns: columns)
    if let compression = summary.compression, let reduction = summary.flopsReduction {
      lines += [
        "", String(format: "compression %.2f×, MACs removed %.1f %%", compression, 100 * reduction),
      ]
    }
    for remark in remarks { lines += [""] + wrapped(remark, columns: columns, indent: "  ") }
    for expectation in summary.expectations { lines += self.lines(expectation) }
    return lines.joined(separator: "\n")
  }

  private func count(_ statistic: Statistic?) -> String { statistic.map { "\($0.n)" } ?? "-" }

  /// The 95 % confidence intervals, or both values of two seeds in their order; nothing for one.
  private func spreadRow(_ baseline: Statistic, _ pruned: Statistic?) -> [[String]] {
    guard baseline.n > 1 else { return [] }
    func cell(_ statistic: Statistic?, of values: [Double], _ format: String = "%.2f") -> String {
      if values.count == 2 { return String(format: "\(format), \(format)", values[0], values[1]) }
      guard let interval = statistic?.ci95 else { return "-" }
      return String(format: "\(format) to \(format)", interval.low, interval.high)
    }
    return [
      [
        baseline.n == 2 ? "  both seeds" : "  95 % interval", cell(baseline, of: accuracies("baseline")),
        cell(pruned, of: accuracies("pruned")),
        cell(summary.accuracyDrop?.negated, of: accuracyDrops.map { 0 - $0 }, "%+.2f"),
      ]
    ]
  }

  private func row(_ name: String, _ before: Int, _ after: Int?) -> [String] {
    guard let after, before > 0 else { return [name, magnitude(before), "-", "-"] }
    return [
      name, magnitude(before), magnitude(after),
      String(format: "%+.1f %%", 100 * (Double(after) / Double(before) - 1)),
    ]
  }

  /// Seconds of the last epoch of the pruned network and of the baseline, see ``TrainingCost``.
  ///
  /// The change is a percentage from one second on; percentages of shorter times would be noise.
  private func epochTimes() -> [String]? {
    func last(_ variant: String) -> Double? {
      let costs = runs.filter { $0.variant == variant }.map { trainingCost(of: $0) }
      return Statistic(costs.compactMap { $0.epochs.last?.seconds })?.mean
    }
    guard let before = last("baseline"), before > 0 else { return nil }
    let isShort = before < 1
    func text(_ seconds: Double) -> String { String(format: isShort ? "%.2f" : "%.1f", seconds) }
    guard let after = last("pruned") else { return ["seconds, last epoch", text(before), "-", "-"] }
    return [
      "seconds, last epoch", text(before), text(after),
      isShort
        ? String(format: "%+.2f s", after - before)
        : String(format: "%+.1f %%", 100 * (after / before - 1)),
    ]
  }

  private func lines(_ expectation: ExpectationResult) -> [String] {
    func text(_ value: Double) -> String {
      expectation.text(value, digits: 3) { String(format: "%.\($1)f", $0) }
    }
    let measured = expectation.measured.map(text) ?? "not measured"
    let paper = expectation.paper.map { ", paper \($0)" } ?? ""
    let limit = expectation.limit.replacing("_", with: " ")
    let outcome = expectation.met ? "met   " : "MISSED"
    let doubt = expectation.doubtfulEnd.map { "       but the 95 % interval reaches \(text($0))" }
    let line = "\(outcome) \(expectation.metric): \(measured) (\(limit)\(paper))"
    return [visible(line)] + (doubt.map { [$0] } ?? [])
  }
}

/// `83.00 ± 0.50` for three values and more; only the mean for fewer.
package func accuracyText(_ statistic: Statistic) -> String {
  let mean = String(format: "%.2f", statistic.mean)
  return statistic.n < Statistic.leastForInterval ? mean : mean + String(format: " ± %.2f", statistic.std)
}
