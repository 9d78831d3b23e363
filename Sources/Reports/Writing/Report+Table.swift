import Foundation
import Specification

extension Report {
  /// The comparison as a table for the terminal, at most 80 columns.
  public func table() -> String {
    var lines = [visible("\(experiment): \(description)").trimmingCharacters(in: [":", " "])]
    guard let baseline = summary.baseline else { return lines.joined(separator: "\n") }
    let pruned = summary.pruned
    var rows = [["", "baseline", "pruned", "change"]]
    rows.append([
      "top-1 accuracy, %", accuracy(baseline.top1), pruned.map { accuracy($0.top1) } ?? "-",
      summary.accuracyDrop.map { String(format: "%+.2f", 0 - $0.mean) } ?? "-",
    ])
    if baseline.top1.n > 1 {
      rows.append([
        "  95 % interval", interval(baseline.top1), pruned.map { interval($0.top1) } ?? "-",
        summary.accuracyDrop?.ci95.map { String(format: "%+.2f to %+.2f", 0 - $0.high, 0 - $0.low) } ?? "-",
      ])
    }
    rows.append(row("parameters", baseline.parameters, pruned?.parameters))
    rows.append(row("MACs", baseline.macs, pruned?.macs))
    rows.append(row("prunable channels", baseline.channels, pruned?.channels))
    if let times = epochTimes() { rows.append(times) }
    lines += [""] + aligned(rows, gap: 3)
    if let compression = summary.compression, let reduction = summary.flopsReduction {
      lines += [
        "", String(format: "compression %.2fx, FLOPs reduction %.1f %%", compression, 100 * reduction),
      ]
    }
    for expectation in summary.expectations { lines += self.lines(expectation) }
    return lines.joined(separator: "\n")
  }

  private func accuracy(_ statistic: Statistic) -> String {
    statistic.n > 1
      ? String(format: "%.2f ± %.2f (n=%d)", statistic.mean, statistic.std, statistic.n)
      : String(format: "%.2f", statistic.mean)
  }

  private func interval(_ statistic: Statistic) -> String {
    statistic.ci95.map { String(format: "%.2f to %.2f", $0.low, $0.high) } ?? "-"
  }

  private func row(_ name: String, _ before: Int, _ after: Int?) -> [String] {
    guard let after, before > 0 else { return [name, magnitude(before), "-", "-"] }
    return [
      name, magnitude(before), magnitude(after),
      String(format: "%+.1f %%", 100 * (Double(after) / Double(before) - 1)),
    ]
  }

  /// Training seconds of the last epoch, pruned as it is then, beside the baseline's.
  private func epochTimes() -> [String]? {
    func last(_ variant: String) -> Double? {
      let seconds = timing.runs.filter { $0.variant == variant }.compactMap { $0.epochs.last?.trainSeconds }
      return Statistic(seconds)?.mean
    }
    guard let before = last("baseline"), before > 0 else { return nil }
    guard let after = last("pruned") else {
      return ["seconds, last epoch", String(format: "%.1f", before), "-", "-"]
    }
    return [
      "seconds, last epoch", String(format: "%.1f", before), String(format: "%.1f", after),
      String(format: "%+.1f %%", 100 * (after / before - 1)),
    ]
  }

  private func lines(_ expectation: ExpectationResult) -> [String] {
    let measured = expectation.measured.map { String(format: "%.3f", $0) } ?? "not measured"
    let paper = expectation.paper.map { ", paper \($0)" } ?? ""
    let limit = expectation.limit.replacing("_", with: " ")
    let outcome = expectation.met ? "met   " : "MISSED"
    let doubt = expectation.doubtfulEnd.map {
      String(format: "       but the 95 %% interval reaches %.3f", $0)
    }
    let line = "\(outcome) \(expectation.metric): \(measured) (\(limit)\(paper))"
    return [visible(line)] + (doubt.map { [$0] } ?? [])
  }
}

/// 853018 as `0.853 M`, 512 as `512`.
func magnitude(_ count: Int) -> String {
  switch count {
  case ..<10_000: "\(count)"
  case ..<999_950: String(format: "%.1f k", Double(count) / 1e3)
  case ..<999_995_000: String(format: "%.2f M", Double(count) / 1e6)
  default: String(format: "%.2f G", Double(count) / 1e9)
  }
}
