extension ReportSet {
  /// All experiments as a Markdown table, one per row, in the given order.
  ///
  /// Values are means over seeds ± standard deviation, or with both values of two seeds. With three
  /// seeds or more, the drop has its 95 % confidence interval. Training costs are means over the
  /// seeds: MACs (see ``TrainingCost``), wall time, and wall time of the last epoch, at the final
  /// width.
  public func markdown() -> String {
    let header = [
      "experiment", "seeds", "baseline, %", "pruned, %", "drop, points", "compression", "MACs removed",
      "training MACs", "training, s", "last epoch, s", "expected",
    ]
    let rule = header.indices.map { $0 == 0 ? "---" : "---:" }
    return ([header, rule] + reports.map(row)).map { "| " + $0.joined(separator: " | ") + " |" }
      .joined(separator: "\n")
  }

  private func row(_ report: Report) -> [String] {
    let summary = report.summary
    let met = summary.expectations.filter(\.met).count
    let cells = [
      "\(Set(report.runs.map(\.seed)).count)", spread(summary.baseline?.top1, 2),
      spread(summary.pruned?.top1, 2),
      drop(summary.accuracyDrop), summary.compression.map { decimal($0, 2) + "×" } ?? "–",
      summary.flopsReduction.map(percent) ?? "–", training(report, quantity, of: \.macs),
      training(report, short, change: secondsChange, of: \.seconds),
      training(report, short, change: secondsChange, of: \.epochs.last?.seconds),
      summary.expectations.isEmpty ? "–" : "\(met) of \(summary.expectations.count)",
    ]
    return [markdownEscaped(report.label)] + cells
  }

  private func drop(_ statistic: Statistic?) -> String {
    guard let interval = statistic?.ci95 else { return spread(statistic, 2) }
    return "\(spread(statistic, 2)) (\(decimal(interval.low, 2)) to \(decimal(interval.high, 2)))"
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
