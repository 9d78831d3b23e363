extension Report {
  /// Accuracy against size; empty without two networks to compare.
  func sizeFigures() -> [Figure] { variants.count > 1 ? tradeOffFigures([self]) : [] }
}

/// Accuracy against size: of one experiment, or of all in a suite.
func tradeOffFigures(_ reports: [Report]) -> [Figure] {
  let points = tradeOffPoints(reports)
  let sizes: [(String, String, String, (TradeOffPoint) -> Statistic)] = [
    ("accuracy-macs", "Accuracy against MACs", "MACs of one image", \.macs),
    ("accuracy-parameters", "Accuracy against parameters", "Parameters", \.parameters),
  ]
  return sizes.compactMap { name, title, axis, size in
    tradeOffPlot(points, title: title, axis: axis, size: size).map {
      let several = points.contains { $0.top1.n > 1 }
      return Figure(
        name: name,
        caption: "Test accuracy after the last epoch."
          + (several ? " Error bars: one standard deviation over seeds." : ""), drawing: $0)
    }
  }
}

/// A variant of an experiment, with its results over the seeds.
private struct TradeOffPoint {
  var line: Line
  var label: String
  var top1: Statistic
  var macs: Statistic
  var parameters: Statistic

  /// The points of a line have its name; a pruned experiment may be named like the baselines.
  struct Line: Equatable {
    var name: String
    var isBaseline: Bool
  }

  init?(_ runs: [RunReport], line: Line, label: String) {
    guard let top1 = Statistic(runs.map(\.top1)), let macs = Statistic(runs.map { Double($0.macs) }),
      let parameters = Statistic(runs.map { Double($0.parameters) })
    else { return nil }
    self.line = line
    self.label =
      "\(label): \(decimal(top1.mean, 2)) %, \(quantity(macs.mean)) MACs, \(quantity(parameters.mean)) parameters"
    (self.top1, self.macs, self.parameters) = (top1, macs, parameters)
  }
}

/// The points of all variants; a baseline that experiments share appears once.
private func tradeOffPoints(_ reports: [Report]) -> [TradeOffPoint] {
  var baselines: [TradeOffPoint] = []
  var pruned: [TradeOffPoint] = []
  let series = TradeOffSeries(reports)
  for report in reports {
    let prefix = reports.count > 1 ? "\(report.label), " : ""
    for variant in report.variants {
      let isBaseline = variant.name == "baseline"
      let name = isBaseline || reports.count == 1 ? variant.name : series.name(report)
      let line = TradeOffPoint.Line(name: name, isBaseline: isBaseline)
      guard let point = TradeOffPoint(variant.runs, line: line, label: prefix + variant.name) else {
        continue
      }
      guard isBaseline else {
        pruned.append(point)
        continue
      }
      let isKnown = baselines.contains {
        $0.top1 == point.top1 && $0.macs == point.macs && $0.parameters == point.parameters
      }
      if !isKnown { baselines.append(point) }
    }
  }
  return baselines + pruned
}

private func tradeOffPlot(
  _ points: [TradeOffPoint], title: String, axis: String, size: (TradeOffPoint) -> Statistic
) -> Plot? {
  let sizes = points.flatMap { [size($0).mean - size($0).std, size($0).mean + size($0).std] }
  let accuracies = points.flatMap { point -> [Double] in
    let (mean, std) = (point.top1.mean, point.top1.std)
    return [max(min(0, mean), mean - std), min(max(100, mean), mean + std)]
  }
  guard let (x, unit) = Plot.Axis.quantity(axis, sizes, inThousands: true, atMost: 8),
    let y = Plot.Axis.accuracy(accuracies)
  else { return nil }
  var lines: [TradeOffPoint.Line] = []
  for point in points where !lines.contains(point.line) { lines.append(point.line) }
  let series = lines.enumerated().map { index, line in
    let own = points.filter { $0.line == line }.sorted { size($0).mean < size($1).mean }
    return Plot.Series(
      name: line.name, style: .standard(index),
      points: own.map {
        Plot.Point(
          x: size($0).mean / unit, y: $0.top1.mean, xError: size($0).std / unit, yError: $0.top1.std,
          label: $0.label)
      }, isJoined: !line.isBaseline && own.count > 1)
  }
  let summary = points.prefix(20).map(\.label).joined(separator: "; ")
  return Plot(title: title, summary: "\(title): \(summary).", x: x, y: y, series: series)
}
