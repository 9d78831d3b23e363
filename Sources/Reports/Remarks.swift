import Specification

/// Remarks for readers of a report's numbers.
extension Report {
  /// Label in tables of several experiments: the experiment, with `(failed)` if its last run has
  /// not replaced these results.
  var label: String { status == .complete ? experiment : "\(experiment) (\(status.rawValue))" }

  /// Phrases without a capital and a full stop.
  var remarks: [String] { [precisionPhrase, leftOutPhrase, prunedStartPhrase].compactMap(\.self) }

  /// Phrase about how activations were stored; nil if all of them were in single precision.
  var precisionPhrase: String? {
    let usual = JSON.string(ActivationPrecision.float32.rawValue)
    let parts = [("training", "train"), ("evaluation", "evaluate")].map { work, section in
      (work, spec?[section]?["precision"] ?? usual)
    }
    guard parts.contains(where: { $0.1 != usual }) else { return nil }
    let words = parts.map { work, precision in
      if case .string(let name) = precision { "\(visible(name)) in \(work)" } else { "unknown in \(work)" }
    }
    return "activations were stored as \(listed(words))"
  }

  /// `left out as damaged: 3 training pictures, 1 test picture`; nil if there are none.
  var leftOutPhrase: String? { runs.leftOutText.map { "left out as damaged: \($0)" } }

  /// Phrase about a baseline that starts from a pruned network; nil if it does not.
  var prunedStartPhrase: String? {
    guard let layers = runs.first(where: { $0.variant == "baseline" })?.layers else { return nil }
    // Sums of integers from a file could overflow.
    func sum(_ size: (LayerReport) -> Int) -> Int { whole(layers.map { Double(size($0)) }.reduce(0, +)) }
    let (before, now) = (sum(\.parametersBefore), sum(\.parameters))
    guard now < before else { return nil }
    return
      "the start weights are a pruned network's, with \(counted(now, "parameter")) of \(before): "
      + "changes are from there, targets of pruning from the whole network"
  }
}

extension [RunReport] {
  /// The most damaged pictures that a run left out: `3 training pictures, 1 test picture`; nil if
  /// there are none.
  var leftOutText: String? {
    let counts = compactMap(\.leftOut)
    let parts = [
      (counts.map(\.train).max() ?? 0, "training picture"),
      (counts.compactMap(\.test).max() ?? 0, "test picture"),
    ].filter { $0.0 > 0 }.map { counted($0.0, $0.1) }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}
