import Specification

/// Groups experiments into lines: experiments on one line differ only in the pruning target.
struct TradeOffSeries {
  /// By experiment.
  private var names: [String: String] = [:]

  init(_ reports: [Report]) {
    let lines = Dictionary(grouping: reports) { $0.spec.map(Self.rest) ?? "experiment: \($0.experiment)" }
    for line in lines.values {
      let name = Self.commonName(line.map(\.experiment))
      for report in line { names[report.experiment] = name.isEmpty ? report.experiment : name }
    }
    // If two lines would have the same name, the names of the experiments are more informative.
    let users = Dictionary(grouping: lines.values.compactMap { $0.first.flatMap { names[$0.experiment] } }) {
      $0
    }
    names = names.filter { users[$0.value]?.count == 1 }
  }

  func name(_ report: Report) -> String { names[report.experiment] ?? report.experiment }

  /// The experiment without its name, target and expectations.
  private static func rest(_ spec: JSON) -> String {
    guard case .object(let members) = spec else { return spec.text() }
    let targets: Set = ["ratio", "channels_per_step", "parameter_ratio", "flops_ratio"]
    let kept = members.filter { !["name", "description", "expect"].contains($0.0) }.map { key, value in
      guard key == "prune", case .object(let members) = value else { return (key, value) }
      return (key, JSON.object(members.filter { !targets.contains($0.0) }))
    }
    return JSON.object(kept).text()
  }

  /// The words that all names have in common, joined by `-`: `criteria-l1_norm` of
  /// `criteria-l1_norm-ratio0.3` and `criteria-l1_norm-ratio0.5`. A single name is unchanged.
  private static func commonName(_ names: [String]) -> String {
    if names.count == 1 { return names[0] }
    let words = names.map { $0.split(separator: "-") }
    return (words.first ?? []).filter { word in words.allSatisfy { $0.contains(word) } }.joined(
      separator: "-")
  }
}
