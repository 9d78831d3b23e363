/// The result in one sentence.
struct Verdict {
  var text: String
  /// Whether all expectations were met; nil if there were none.
  var isGood: Bool?

  /// `Compression 2.16×, MACs removed 51.5 %, accuracy drop 0.00 points; 3 of 3 expectations met.`
  init(_ report: Report) {
    let summary = report.summary
    var parts: [String] = []
    if let compression = summary.compression { parts.append("compression \(decimal(compression, 2))×") }
    if let reduction = summary.flopsReduction { parts.append("MACs removed \(percent(reduction))") }
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

  /// The verdict about several experiments: `12 experiments; 10 of 12 meet all their expectations.`
  init(_ reports: [Report]) {
    let verdicts = reports.map(Verdict.init)
    let outcomes = verdicts.compactMap(\.isGood)
    let good = outcomes.filter(\.self).count
    text = counted(reports.count, "experiment")
    if outcomes.isEmpty {
      text += ", without expectations."
    } else {
      text += "; \(good) of \(outcomes.count) with expectations meet\(good == 1 ? "s" : "") all of them."
      isGood = good == outcomes.count
    }
  }

  private static func text(_ drop: Statistic) -> String {
    let (word, size) = drop.mean < 0 ? ("gain", drop.negated) : ("drop", drop)
    return "accuracy \(word) \(spread(size, 2)) points" + (drop.n > 1 ? " over \(drop.n) seeds" : "")
  }

  func markup() -> Markup {
    let style = isGood.map { $0 ? " good" : " bad" } ?? ""
    return element("p", ["class": "verdict" + style]) { text }
  }
}
