extension SensitivityReport {
  /// Number of layers with a colour and a name; the others are shown for comparison.
  private static let named = 8

  /// Accuracy against the share of a layer's channels that is removed, one line per layer; nil
  /// without points.
  public func plotFile() -> PlotFile? {
    plot().map { PlotFile(Figure(name: "sensitivity", caption: "", drawing: $0)) }
  }

  func plot() -> Plot? {
    let values = layers.flatMap { $0.points.map(\.top1) } + [top1]
    guard !layers.isEmpty, let y = Plot.Axis.accuracy(values) else { return nil }
    let ranked = layers.indices.sorted { (mean(layers[$0]), $0) < (mean(layers[$1]), $1) }
    let sensitive = ranked.prefix(Self.named).sorted()
    let others = ranked.dropFirst(Self.named).sorted()
    let lines =
      others.enumerated().map { position, index in
        line(index, name: position == 0 ? "\(others.count) other layers" : "", Self.faint)
      }
      + sensitive.enumerated().map { position, index in
        line(index, name: layers[index].name, .standard(position))
      }
    let lowest = ranked.first.map { layers[$0].name } ?? ""
    return Plot(
      title: "Accuracy when one layer alone is pruned",
      summary: "A line a layer, from \(decimal(top1, 2)) % with all channels. Most sensitive: \(lowest).",
      x: Plot.Axis(label: "Share of the layer's channels removed", scale: Scale(covering: 0...1, atMost: 7)),
      y: y, series: lines)
  }

  private static let faint = SeriesStyle(color: 6, dashes: nil, marker: nil, width: 0.7)

  private func mean(_ layer: Layer) -> Double {
    layer.points.isEmpty ? .infinity : layer.points.map(\.top1).reduce(0, +) / Double(layer.points.count)
  }

  private func line(_ index: Int, name: String, _ style: SeriesStyle) -> Plot.Series {
    let layer = layers[index]
    let points = layer.points.map { point in
      Plot.Point(
        x: Double(point.removed) / Double(max(1, layer.channels)), y: point.top1,
        label: "\(layer.name), \(point.removed) of \(layer.channels) removed: \(decimal(point.top1, 2)) %")
    }
    return Plot.Series(name: name, style: style, points: [Plot.Point(x: 0, y: top1)] + points)
  }
}
