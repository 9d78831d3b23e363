extension Report {
  /// Cost of each training epoch: MACs, seconds, and energy if it was measured.
  func costFigures() -> [Figure] {
    let figures: [(String, String, String, String, (TrainingCost.Epoch) -> Double?)] = [
      (
        "training-macs", "MACs of training by epoch", "MACs an epoch",
        "Training images times the network's MACs times three: forward and two gradients.", \.macs
      ),
      (
        "training-seconds", "Seconds of training by epoch", "Seconds an epoch",
        "Wall time of training and of pruning steps, without evaluation.", \.seconds
      ),
      (
        "training-energy", "Energy of training by epoch", "Joules an epoch",
        "Of the processor's packages and memory, whatever else ran on them included.", \.joules
      ),
    ]
    return figures.compactMap { name, title, axis, caption, value in
      costPlot(title: title, axis: axis, value).map {
        Figure(name: name, caption: seedsNote + caption, drawing: $0)
      }
    }
  }

  private func costPlot(
    title: String, axis: String, _ value: (TrainingCost.Epoch) -> Double?
  ) -> Plot? {
    var totals: [String] = []
    let series = variants.map { variant in
      let costs = variant.runs.map { run in trainingCost(of: run).epochs.map { ($0.epoch, value($0)) } }
      let curve = Curve(costs)
      totals.append("\(variant.name) \(quantity(curve.points.map(\.y).reduce(0, +)))")
      return curve.series(variant.name, variant.style)
    }.filter { !$0.points.isEmpty }
    return epochPlot(
      title: title, summary: "\(title). In all: \(totals.joined(separator: ", ")).", axis: axis,
      inThousands: true, series: series)
  }
}
