/// What readers of a report's numbers should know.
extension Report {
  /// For tables of several: the experiment, and `(failed)` where its last run has left these
  /// results as they were.
  var label: String { status == .complete ? experiment : "\(experiment) (\(status.rawValue))" }

  /// Phrases without a capital and a full stop.
  var remarks: [String] { [leftOutPhrase, prunedStartPhrase].compactMap(\.self) }

  /// `left out as damaged: 3 training pictures, 1 test picture`; nil where none was.
  var leftOutPhrase: String? {
    let counts = runs.compactMap(\.leftOut)
    let parts = [
      (counts.map(\.train).max() ?? 0, "training picture"),
      (counts.compactMap(\.test).max() ?? 0, "test picture"),
    ].filter { $0.0 > 0 }.map { counted($0.0, $0.1) }
    return parts.isEmpty ? nil : "left out as damaged: \(parts.joined(separator: ", "))"
  }

  /// That the baseline begins with a network that is pruned already; nil where it does not.
  var prunedStartPhrase: String? {
    guard let layers = runs.first(where: { $0.variant == "baseline" })?.layers else { return nil }
    let (before, now) = (layers.map(\.parametersBefore).reduce(0, +), layers.map(\.parameters).reduce(0, +))
    guard now < before else { return nil }
    return
      "the start weights are a pruned network's, with \(counted(now, "parameter")) of \(before): "
      + "changes are from there, targets of pruning from the whole network"
  }
}
