extension ReportDiff {
  /// For a comment on a pull request: the headline, a table for each experiment, details folded.
  public func markdown() -> String {
    var lines = ["**\(headline)**", "", "\(markdownCode(base)) -> \(markdownCode(candidate))"]
    let experiments =
      missing.map { "- :x: missing: \(markdownEscaped($0))" }
      + added.map { "- added: \(markdownEscaped($0))" }
    if !experiments.isEmpty { lines += [""] + experiments }
    for experiment in self.experiments { lines += [""] + experiment.markdown() }
    return lines.joined(separator: "\n")
  }
}

extension ExperimentDiff {
  fileprivate func markdown() -> [String] {
    var lines = ["### \(markdownEscaped(name))", ""]
    let worse =
      problems.map { ":x: \(markdownEscaped($0))" }
      + expectations.filter(\.isRegression).map {
        ":x: expectation \(markdownEscaped($0.name)): \($0.change)"
      }
    if !worse.isEmpty { lines += worse.map { "- \($0)" } + [""] }
    lines += ["| | number | base | candidate | change | rule |", "| --- | --- | ---: | ---: | ---: | --- |"]
    lines += metrics.map(\.row)
    lines += folded("Experiment", (spec ?? []).map { markdownCode($0.description) })
    lines += folded(
      "Details",
      metrics.flatMap { metric in metric.details.map { "\(metric.name), \($0)" } }.map(markdownEscaped))
    lines += folded(
      "Notes",
      notes.map(markdownEscaped)
        + expectations.filter { !$0.isRegression && $0.base != $0.candidate }
        .map { "expectation \(markdownEscaped($0.name)): \($0.change)" })
    return lines
  }

  private func folded(_ title: String, _ items: [String]) -> [String] {
    guard !items.isEmpty else { return [] }
    return ["", "<details><summary>\(title): \(items.count)</summary>", ""] + items.map { "- \($0)" }
      + ["", "</details>"]
  }
}

extension MetricComparison {
  fileprivate var row: String {
    let mark =
      switch verdict {
      case .regressed: ":x:"
      case .improved: ":arrow_up:"
      case .tolerated: ":ok:"
      case .added: ":new:"
      case .same: ""
      }
    return
      "| \(mark) | \(markdownEscaped(name)) | \(baseText) | \(candidateText) | \(differenceText) | \(rule) |"
  }
}
