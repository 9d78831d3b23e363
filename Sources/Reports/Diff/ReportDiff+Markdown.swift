extension ReportDiff {
  /// For a comment on a pull request: the headline, a table for each experiment, details folded.
  public func markdown() -> String {
    var lines = ["**\(headline)**", "", "`\(base)` -> `\(candidate)`"]
    let experiments =
      missing.map { "- :x: missing: \(escaped($0))" } + added.map { "- added: \(escaped($0))" }
    if !experiments.isEmpty { lines += [""] + experiments }
    for experiment in self.experiments { lines += [""] + experiment.markdown() }
    return lines.joined(separator: "\n")
  }
}

extension ExperimentDiff {
  fileprivate func markdown() -> [String] {
    var lines = ["### \(escaped(name))", ""]
    let worse =
      problems.map { ":x: \(escaped($0))" }
      + expectations.filter(\.isRegression).map { ":x: expectation \(escaped($0.name)): \($0.change)" }
    if !worse.isEmpty { lines += worse.map { "- \($0)" } + [""] }
    lines += ["| | number | base | candidate | change | rule |", "| --- | --- | ---: | ---: | ---: | --- |"]
    lines += metrics.map(\.row)
    lines += folded("Experiment", (spec ?? []).map { "`\($0.description.replacing("`", with: "'"))`" })
    lines += folded(
      "Details", metrics.flatMap { metric in metric.details.map { "\(metric.name), \($0)" } }.map(escaped))
    lines += folded(
      "Notes",
      notes.map(escaped)
        + expectations.filter { !$0.isRegression && $0.base != $0.candidate }
        .map { "expectation \(escaped($0.name)): \($0.change)" })
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
    return "| \(mark) | \(escaped(name)) | \(baseText) | \(candidateText) | \(differenceText) | \(rule) |"
  }
}

/// Without what markdown, or HTML in it, would take for its own.
private func escaped(_ text: String) -> String {
  text.reduce(into: "") { result, character in
    switch character {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case "\\", "|", "*", "_", "`", "[", "]": result += "\\\(character)"
    default: result += character.isNewline ? " " : String(character)
    }
  }
}
