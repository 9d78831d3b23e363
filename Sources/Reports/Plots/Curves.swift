/// Curves over epochs: the mean over seeds, and a band from the lowest to the highest value.
extension Report {
  /// The variants that were run, with their style in all plots.
  var variants: [(name: String, style: SeriesStyle, runs: [RunReport])] {
    [("baseline", SeriesStyle.baseline), ("pruned", SeriesStyle.pruned)].compactMap { name, style in
      let runs = runs.filter { $0.variant == name }
      return runs.isEmpty ? nil : (name, style, runs)
    }
  }

  /// `mean of 3 seeds, the band from the lowest to the highest`; empty for a single seed.
  var seedsNote: String {
    let seeds = Set(runs.map(\.seed)).count
    return seeds > 1 ? "Mean of \(seeds) seeds; the band reaches from the lowest to the highest. " : ""
  }

  func curveFigures() -> [Figure] {
    [
      curves(
        "accuracy", title: "Accuracy", axis: "Top-1 accuracy (%)", test: \.testTop1, train: \.trainTop1,
        best: "highest"),
      curves(
        "loss", title: "Loss", axis: "Cross-entropy", test: \.testLoss, train: \.trainLoss, best: "lowest"),
    ].compactMap(\.self)
  }

  private func curves(
    _ name: String, title: String, axis: String, test: (EpochReport) -> Double?,
    train: (EpochReport) -> Double?, best: String
  ) -> Figure? {
    var series: [Plot.Series] = []
    var ends: [String] = []
    for variant in variants {
      let curve = Curve(variant.runs, test)
      let inTraining = Curve(variant.runs, train)
      series.append(curve.series("\(variant.name), test", variant.style))
      var thin = variant.style
      (thin.width, thin.dashes) = (1.2, variant.name == "baseline" ? "1 2" : "4 2 1 2")
      // A single point does not form a line.
      thin.marker = inTraining.points.count > 1 ? nil : variant.name == "baseline" ? .ring : .cross
      series.append(Plot.Series(name: "\(variant.name), training", style: thin, points: inTraining.points))
      if let end = curve.points.last { ends.append("\(variant.name) \(decimal(end.y, 2))") }
    }
    series.removeAll { $0.points.isEmpty }
    let summary =
      "\(title) on test and training images by epoch. After the last epoch: \(ends.joined(separator: ", "))."
    return epochPlot(
      title: "\(title) by epoch", summary: summary, axis: axis, isAccuracy: name == "accuracy", series: series
    ).map { Figure(name: name, caption: seedsNote + curvesNote, drawing: $0) }
  }

  /// Explanation of training values, and of changes of test values at pruning steps.
  private var curvesNote: String {
    var sentences = ["Training values are means over the epoch\(isAugmented ? ", on augmented images" : "")."]
    if runs.contains(where: { !$0.pruningSteps.isEmpty }) {
      sentences.append(
        "A pruning step removes channels before its epoch is evaluated: test values can get worse there and recover"
          + " with further training.")
    }
    return sentences.joined(separator: " ")
  }

  /// Whether the experiment augments training images; false if the report does not say.
  private var isAugmented: Bool {
    guard case .object(let keys)? = spec?["dataset"]?["augment"] else { return false }
    return keys.contains { $0.1 != .null && $0.1 != .boolean(false) }
  }

  /// A plot over epochs with the pruning steps marked; nil without points.
  func epochPlot(
    title: String, summary: String, axis: String, inThousands: Bool = false, isAccuracy: Bool = false,
    series: [Plot.Series]
  ) -> Plot? {
    let values = series.flatMap { $0.points.map(\.y) + $0.band.flatMap { [$0.low, $0.high] } }
    let scaled =
      isAccuracy
      ? Plot.Axis.accuracy(values).map { ($0, 1) }
      : Plot.Axis.quantity(axis, values, inThousands: inThousands, atMost: 7)
    guard let (y, unit) = scaled else { return nil }
    let last = runs.flatMap(\.history).map(\.epoch).max() ?? 1
    let steps = Set(runs.flatMap(\.pruningSteps).map(\.epoch)).sorted()
    return Plot(
      title: title, summary: summary,
      x: Plot.Axis(label: "Epoch", scale: Scale(counting: last, atMost: 9)), y: y,
      series: series.map { $0.divided(by: unit) }, marks: steps.map(Double.init), marksName: "pruning step",
      showsColumns: true)
  }
}

/// A value for each epoch, over several runs.
struct Curve {
  var points: [Plot.Point] = []
  var band: [Plot.Band] = []

  init(_ runs: [RunReport], _ value: (EpochReport) -> Double?) {
    self.init(runs.map { run in run.history.map { ($0.epoch, value($0)) } })
  }

  /// - Parameter runs: epoch and value, for each of several runs.
  init(_ runs: [[(Int, Double?)]]) {
    var values: [Int: [Double]] = [:]
    for (epoch, value) in runs.flatMap(\.self) {
      if let value, value.isFinite { values[epoch, default: []].append(value) }
    }
    for (epoch, values) in values.sorted(by: { $0.key < $1.key }) {
      guard let mean = Statistic(values)?.mean, let range = range(values) else { continue }
      points.append(Plot.Point(x: Double(epoch), y: mean))
      if values.count > 1 {
        band.append(Plot.Band(x: Double(epoch), low: range.lowerBound, high: range.upperBound))
      }
    }
  }

  func series(_ name: String, _ style: SeriesStyle) -> Plot.Series {
    Plot.Series(name: name, style: style, points: points, band: band)
  }
}

extension Plot.Series {
  func divided(by unit: Double) -> Plot.Series {
    var series = self
    series.points = points.map {
      Plot.Point(x: $0.x, y: $0.y / unit, xError: $0.xError, yError: $0.yError / unit, label: $0.label)
    }
    series.band = band.map { Plot.Band(x: $0.x, low: $0.low / unit, high: $0.high / unit) }
    return series
  }
}
