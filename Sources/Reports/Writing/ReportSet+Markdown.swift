extension ReportSet {
  /// All experiments as a Markdown table, one per row, in the given order, and below it a list of
  /// remarks on them, if there are any.
  ///
  /// Values are means over seeds ± standard deviation, or with both values of two seeds, in the
  /// order of the seeds. With three seeds or more, the drop has its 95 % confidence interval.
  /// Training costs are means over the seeds: MACs (see ``TrainingCost``), wall time, and wall time
  /// of the last epoch, at the final width.
  public func markdown() -> String {
    let header = [
      "experiment", "seeds", "baseline, %", "pruned, %", "drop, points", "compression", "MACs removed",
      "training MACs", "training, s", "last epoch, s", "expected",
    ]
    let rule = header.indices.map { $0 == 0 ? "---" : "---:" }
    return ([header, rule] + reports.map(row)).map { "| " + $0.joined(separator: " | ") + " |" }
      .joined(separator: "\n") + remarks
  }

  private var remarks: String {
    let items = reports.flatMap { report in
      report.remarks.map { "- \(markdownEscaped(report.label)): \(markdownEscaped($0))" }
    }
    guard !items.isEmpty else { return "" }
    return "\n\n" + items.flatMap { wrapped($0, columns: 100, indent: "  ") }.joined(separator: "\n")
  }

  private func row(_ report: Report) -> [String] {
    let summary = report.summary
    let met = summary.expectations.filter(\.met).count
    let cells = [
      "\(Set(report.runs.map(\.seed)).count)",
      spread(summary.baseline?.top1, of: report.accuracies("baseline"), 2),
      spread(summary.pruned?.top1, of: report.accuracies("pruned"), 2),
      drop(summary.accuracyDrop, of: report.accuracyDrops),
      summary.compression.map { decimal($0, 2) + "×" } ?? "–",
      summary.flopsReduction.map(percent) ?? "–", training(report, quantity, of: \.macs),
      training(report, short, change: secondsChange, of: \.seconds),
      training(report, short, change: secondsChange, of: \.epochs.last?.seconds),
      summary.expectations.isEmpty ? "–" : "\(met) of \(summary.expectations.count)",
    ]
    return [markdownEscaped(report.label)] + cells
  }

  private func drop(_ statistic: Statistic?, of values: [Double]) -> String {
    let text = spread(statistic, of: values, 2)
    guard let interval = statistic?.ci95 else { return text }
    return "\(text) (\(decimal(interval.low, 2)) to \(decimal(interval.high, 2)))"
  }

  /// Cost of baseline and pruned network, and the change.
  private func training(
    _ report: Report, _ text: (Double) -> String, change: (Double?, Double?) -> String = Reports.change,
    of value: (TrainingCost) -> Double?
  ) -> String {
    let means = ["baseline", "pruned"].map { name in
      Statistic(
        report.runs.filter { $0.variant == name }.compactMap { value(report.trainingCost(of: $0)) })?.mean
    }
    guard let before = means[0] else { return "–" }
    guard let after = means[1] else { return text(before) }
    return "\(text(before)) → \(text(after)) (\(change(before, after)))"
  }
}
