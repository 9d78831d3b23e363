/// The result in one sentence.
struct Verdict {
  var text: String
  /// Whether the results are current and meet all expectations; nil if they are current and there
  /// are no expectations.
  var isGood: Bool?

  /// `Compression 2.16×, MACs removed 51.5 %, accuracy drop 0.00 points; 3 of 3 expectations met.`
  init(_ report: Report) {
    let summary = report.summary
    var parts: [String] = []
    if let compression = summary.compression { parts.append("compression \(decimal(compression, 2))×") }
    if let reduction = summary.flopsReduction { parts.append("MACs removed \(percent(reduction))") }
    if let drop = summary.accuracyDrop { parts.append(Self.text(drop, of: report.accuracyDrops)) }
    if parts.isEmpty, let top1 = (summary.pruned ?? summary.baseline)?.top1 {
      let values = report.accuracies(summary.pruned == nil ? "baseline" : "pruned")
      parts.append("top-1 accuracy \(spread(top1, of: values, 2))\u{A0}%")
      if summary.pruned == nil { parts.append("nothing was pruned") }
    }
    var sentence = parts.isEmpty ? "nothing was measured" : parts.joined(separator: ", ")
    let met = summary.expectations.filter(\.met).count
    if !summary.expectations.isEmpty {
      sentence += "; \(met) of \(summary.expectations.count) expectations met"
      isGood = met == summary.expectations.count
    }
    if report.status != .complete {
      sentence =
        report.problem.map { "Not current: \($0). The results are those of an earlier run: \(sentence)" }
        ?? "\(report.status.rawValue): \(sentence)"
      isGood = false
    }
    text = sentence.prefix(1).uppercased() + sentence.dropFirst() + "."
  }

  /// The verdict about several experiments: `12 experiments; 9 of 10 with expectations meet all of
  /// them; 1 is not current.`
  init(_ reports: [Report]) {
    let expecting = reports.filter { !$0.summary.expectations.isEmpty }
    let good = expecting.count { Verdict($0).isGood == true }
    let outdated = reports.count { $0.status != .complete }
    text = counted(reports.count, "experiment")
    if expecting.isEmpty {
      text += ", without expectations"
    } else {
      text += "; \(good) of \(expecting.count) with expectations meet\(good == 1 ? "s" : "") all of them"
      isGood = good == expecting.count
    }
    if outdated > 0 {
      text += "; \(outdated) \(outdated == 1 ? "is" : "are") not current"
      isGood = false
    }
    text += "."
  }

  private static func text(_ drop: Statistic, of values: [Double]) -> String {
    let (word, size, values) =
      drop.mean < 0 ? ("gain", drop.negated, values.map { 0 - $0 }) : ("drop", drop, values)
    return "accuracy \(word) \(spread(size, of: values, 2)) points"
      + (drop.n > 1 ? " over \(drop.n) seeds" : "")
  }

  func markup() -> Markup {
    let style = isGood.map { $0 ? " good" : " bad" } ?? ""
    return element("p", ["class": "verdict" + style]) { text }
  }
}
