import Foundation

/// Phrasing of a comparison in text, markdown and JUnit.
extension MetricComparison {
  /// `pruned top1`, `pruned latency (batches of 128)`
  var name: String {
    [variant, metric.rawValue, setting.map { "(\($0))" }].compactMap(\.self).joined(separator: " ")
  }

  var baseText: String { text(base) }
  var candidateText: String { text(candidate) }

  /// `9 -> 11`, or only `9` if both are equal.
  var valuesText: String { base == candidate ? baseText : "\(baseText) -> \(candidateText)" }

  /// The difference, with its interval if there is one; for equal means, how many values behind
  /// them differ, such as the channels of layers.
  var differenceText: String {
    guard let difference, verdict != .same else { return "" }
    if difference == 0, metric.kind == .count, !details.isEmpty {
      return "with \(counted(details.count, "different value"))"
    }
    let interval = ci95.map {
      difference == 0 || metric.kind == .count ? "" : " [\(signed($0.low)), \(signed($0.high))]"
    }
    return signed(difference) + (interval ?? "")
  }

  private func text(_ statistic: Statistic?) -> String {
    guard let statistic else { return "none" }
    return metric.kind == .count
      ? shortNumber(statistic.mean) : String(format: "%.\(digits)f", statistic.mean)
  }

  private func signed(_ value: Double) -> String {
    metric.kind == .count
      ? (value > 0 ? "+" : "") + shortNumber(value) : String(format: "%+.\(digits)f", value)
  }

  private var digits: Int {
    switch metric.kind {
    case .accuracy, .time: 2
    case .loss: 4
    case .ratio, .count: 3
    }
  }
}

extension ExperimentDiff.ExpectationChange {
  /// `accuracy_drop at most 0.5`
  var name: String { "\(metric) \(limit.replacing("_", with: " "))" }

  var change: String { "\(Self.word(base)) -> \(Self.word(candidate))" }

  private static func word(_ met: Bool?) -> String {
    switch met {
    case true?: "met"
    case false?: "missed"
    case nil: "none"
    }
  }
}
