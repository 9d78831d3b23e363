extension Report {
  /// Cost of training, as average per seed.
  func costTable() -> Table {
    let costs = Dictionary(
      uniqueKeysWithValues: variants.map { ($0.name, $0.runs.map { trainingCost(of: $0) }) })
    func row(
      _ name: String, _ value: (TrainingCost) -> Double?,
      change: (Double?, Double?) -> String = Reports.change
    ) -> [Table.Cell]? {
      func statistic(_ variant: String) -> Statistic? { Statistic((costs[variant] ?? []).compactMap(value)) }
      let (before, after) = (statistic("baseline"), statistic("pruned"))
      guard before != nil || after != nil else { return nil }
      return [
        Table.Cell(name), Table.Cell(quantity(before)), Table.Cell(quantity(after)),
        Table.Cell(change(before?.mean, after?.mean)),
      ]
    }
    func seconds(_ name: String, _ value: (TrainingCost) -> Double?) -> [Table.Cell]? {
      row(name, value, change: secondsChange)
    }
    func perEpoch(_ total: Double?, _ cost: TrainingCost) -> Double? {
      total.map { $0 / Double(max(cost.epochs.count, 1)) }
    }
    let rows = [
      row("MACs, in all", \.macs),
      row("MACs, an epoch", { perEpoch($0.macs, $0) }),
      seconds("seconds, in all", \.seconds),
      timing.runs.contains { $0.sharedEpochs != nil } ? seconds("seconds, spent", \.spentSeconds) : nil,
      seconds("seconds, an epoch", { perEpoch($0.seconds, $0) }),
      seconds("seconds, first epoch", { $0.epochs.first?.seconds }),
      seconds("seconds, last epoch", { $0.epochs.last?.seconds }),
      seconds("seconds of pruning steps, in all", \.pruningSeconds),
      seconds("seconds of evaluation, in all", \.evaluationSeconds),
      seconds("CPU seconds, in all", \.cpuSeconds),
      seconds("CPU seconds of pruning steps, in all", \.pruningCPUSeconds),
      row("joules, in all", \.joules),
      row("joules, an epoch", { perEpoch($0.joules, $0) }),
    ]
    let seeds = Set(runs.map(\.seed)).count
    return Table(
      caption: seeds > 1
        ? "Training of each network: means of \(seeds) seeds ± standard deviation"
        : "Training of each network",
      header: ["", "baseline", "pruned", "change"], rows: rows.compactMap(\.self))
  }

  /// Explanation of the numbers in `costTable`.
  var costNote: String {
    let times = timing.runs.flatMap(\.epochs)
    let isMeasured = times.contains { $0.trainJoules != nil }
    let hasProcessorTime = times.contains { $0.trainCPUSeconds != nil }
    return
      "MACs of training: images times the multiply-accumulates of that epoch's network times three, for the forward"
      + " pass and the gradients of inputs and weights. Seconds: wall time of training and of pruning steps. "
      + (timing.runs.contains { $0.sharedEpochs != nil }
        ? "Up to its first pruning step, a pruned training is its baseline, and was not repeated: seconds spent exclude"
          + " these epochs, all other numbers are as if it had been trained separately. " : "")
      + (hasProcessorTime
        ? "CPU seconds: processor time of the same work, summed over all threads. "
        : "")
      + (isMeasured
        ? "Joules: counters of the processor's packages and memory while training, other programs included."
        : "Energy was not measured: the machine has no counters that can be read.")
  }
}
