extension ReportDiff {
  /// Largest size of the text in bytes. GitHub rejects comments of more than 65,536 characters.
  static let maximumMarkdown = 60_000

  /// For a comment on a pull request: the headline, then a table for each experiment that differs,
  /// regressions first.
  ///
  /// If all tables together are too long, experiments have a line each, and the rest is only
  /// counted.
  public func markdown() -> String {
    var text = BoundedText(limit: Self.maximumMarkdown - Self.reserve)
    text.append(
      "**\(headline)**\n\n\(markdownCode(String(base.prefix(200)))) -> \(markdownCode(String(candidate.prefix(200))))\n"
    )
    let lists =
      missing.map { "- :x: missing: \(markdownEscaped($0))" }
      + added.map { "- added: \(markdownEscaped($0))" }
    if !lists.isEmpty { text.append("\n") }
    var leftOut = lists.count { !text.append($0 + "\n") }
    for experiment in inOrder where !experiment.isUnchanged {
      if text.append("\n" + experiment.markdown().joined(separator: "\n") + "\n") { continue }
      if !text.append("\n- \(experiment.line)\n") { leftOut += 1 }
    }
    let unchanged = experiments.filter(\.isUnchanged).map { markdownEscaped($0.name) }
    if !unchanged.isEmpty {
      let line = "\nUnchanged: \(counted(unchanged.count, "experiment"))"
      if !text.append("\(line): \(unchanged.joined(separator: ", "))\n"), !text.append(line + "\n") {
        leftOut += unchanged.count
      }
    }
    let rest = leftOut > 0 ? "\nand \(leftOut) more; `--format text` shows all" : ""
    return String(text.text.dropLast()) + rest
  }

  /// Bytes for the line that counts omitted experiments.
  private static let reserve = 200

  /// Experiments with regressions first, then those with other changes; otherwise by name.
  var inOrder: [ExperimentDiff] {
    experiments.filter { $0.regressions > 0 } + experiments.filter { $0.regressions == 0 }
  }
}

/// Text that grows only as long as it stays within a limit.
private struct BoundedText {
  let limit: Int
  private(set) var text = ""

  init(limit: Int) { self.limit = limit }

  /// Appends `part` if there is room for all of it.
  @discardableResult
  mutating func append(_ part: String) -> Bool {
    guard text.utf8.count + part.utf8.count <= limit else { return false }
    text += part
    return true
  }
}

extension ExperimentDiff {
  /// Whether nothing differs.
  var isUnchanged: Bool {
    metrics.allSatisfy { $0.verdict == .same } && expectations.allSatisfy { $0.base == $0.candidate }
      && (spec ?? []).isEmpty && notes.isEmpty && problems.isEmpty
  }

  /// The experiment in one line, if its table is too long.
  fileprivate var line: String {
    let worse = regressions > 0 ? ":x: " : ""
    return "\(worse)\(markdownEscaped(name)): \(counted(regressions, "regression")), "
      + counted(metrics.count { $0.verdict == .improved }, "improvement")
  }

  fileprivate func markdown() -> [String] {
    var lines = ["### \(markdownEscaped(name))", ""]
    let worse =
      problems.map { ":x: \(markdownEscaped($0))" }
      + expectations.filter(\.isRegression).map {
        ":x: expectation \(markdownEscaped($0.name)): \($0.change)"
      }
    if !worse.isEmpty { lines += worse.map { "- \($0)" } + [""] }
    lines += ["| | number | base | candidate | change | rule |", "| --- | --- | ---: | ---: | ---: | --- |"]
    let regressed = metrics.filter { $0.verdict == .regressed }
    lines += (regressed + metrics.filter { $0.verdict != .regressed }).map(\.row)
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

  /// Largest number of items in a fold.
  private static let shownItems = 30

  private func folded(_ title: String, _ items: [String]) -> [String] {
    guard !items.isEmpty else { return [] }
    let more = items.count - Self.shownItems
    return ["", "<details><summary>\(title): \(items.count)</summary>", ""]
      + items.prefix(Self.shownItems).map { "- \($0)" } + (more > 0 ? ["- and \(more) more"] : [])
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
