/// What came out, in a sentence.
struct Verdict {
  var text: String
  /// Whether all expectations were met; nil where there were none.
  var isGood: Bool?

  /// `2.16× compression, 51.5 % fewer MACs, accuracy drop 0.00 points; 3 of 3 expectations met`
  init(_ report: Report) {
    let summary = report.summary
    var parts: [String] = []
    if let compression = summary.compression { parts.append("\(decimal(compression, 2))× compression") }
    if let reduction = summary.flopsReduction { parts.append("\(percent(reduction)) fewer MACs") }
    if let drop = summary.accuracyDrop { parts.append(Self.text(drop)) }
    if parts.isEmpty, let top1 = (summary.pruned ?? summary.baseline)?.top1 {
      parts.append("top-1 accuracy \(spread(top1, 2))\u{A0}%")
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

  /// Of several experiments: `12 experiments; 10 of 12 meet all their expectations.`
  init(_ reports: [Report]) {
    let verdicts = reports.map(Verdict.init)
    let judged = verdicts.compactMap(\.isGood)
    let good = judged.filter(\.self).count
    text = "\(reports.count) experiments"
    if judged.isEmpty {
      text += ", without expectations."
    } else {
      text += "; \(good) of \(judged.count) with expectations meet\(good == 1 ? "s" : "") all of them."
      isGood = good == judged.count
    }
  }

  private static func text(_ drop: Statistic) -> String {
    let (word, size) = drop.mean < 0 ? ("gain", -drop.mean) : ("drop", drop.mean)
    let spread = drop.n > 1 ? " ± \(decimal(drop.std, 2))" : ""
    return "accuracy \(word) \(decimal(size, 2))\(spread) points"
      + (drop.n > 1 ? " over \(drop.n) seeds" : "")
  }

  func markup() -> Markup {
    let style = isGood.map { $0 ? " good" : " bad" } ?? ""
    return element("p", ["class": "verdict" + style]) { text }
  }
}
