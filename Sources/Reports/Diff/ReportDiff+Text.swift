import Specification

extension ReportDiff {
  /// Text for the terminal: the headline, then one line per difference; regressions first.
  public func text() -> String {
    var lines = ["\(headline): \(base) -> \(candidate)"]
    lines += missing.map { "MISSING   \($0)" } + added.map { "added     \($0)" }
    for experiment in inOrder where !experiment.isUnchanged {
      lines += ["", experiment.name] + experiment.lines().map { "  " + $0 }
    }
    let unchanged = experiments.filter(\.isUnchanged).map(\.name)
    if !unchanged.isEmpty { lines += ["", "unchanged: \(unchanged.joined(separator: ", "))"] }
    return lines.map(visible).joined(separator: "\n")
  }
}

extension ExperimentDiff {
  fileprivate func lines() -> [String] {
    let shown =
      metrics.filter { $0.verdict == .regressed } + metrics.filter { $0.verdict == .improved }
      + metrics.filter { [.tolerated, .added].contains($0.verdict) }
    let same = metrics.count { $0.verdict == .same }
    var lines = problems.map { "REGRESSED \($0)" }
    for expectation in expectations where expectation.isRegression {
      lines.append("REGRESSED expectation \(expectation.name): \(expectation.change)")
    }
    lines += shown.flatMap { $0.lines() }
    for expectation in expectations
    where !expectation.isRegression && expectation.base != expectation.candidate {
      lines.append("changed   expectation \(expectation.name): \(expectation.change)")
    }
    lines += (spec ?? []).map { "spec      \($0)" } + notes.map { "note      \($0)" }
    if same > 0 { lines.append("same      \(same) of \(metrics.count) numbers") }
    return lines
  }
}

extension MetricComparison {
  /// Layers and steps beyond this number are only counted.
  private static let shownDetails = 5

  fileprivate func lines() -> [String] {
    let word = verdict == .regressed ? "REGRESSED" : verdict.rawValue.padded(to: 9)
    let change = [differenceText, "(\(rule))"].filter { !$0.isEmpty }.joined(separator: " ")
    let more = details.count - Self.shownDetails
    return ["\(word) \(name.padded(to: 20)) \(valuesText)  \(change)"]
      + details.prefix(Self.shownDetails).map { "            " + $0 }
      + (more > 0 ? ["            and \(more) more"] : [])
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
