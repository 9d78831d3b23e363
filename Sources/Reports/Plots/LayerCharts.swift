extension Report {
  /// Channels and MACs of every layer before and after pruning; empty if nothing was pruned.
  func layerFigures() -> [Figure] {
    let pruned = runs.filter { $0.variant == "pruned" }
    let layers = LayerOverSeeds.layers(pruned)
    guard !layers.isEmpty else { return [] }
    let spread =
      pruned.count > 1
      ? "Mean of \(pruned.count) seeds; the line reaches from the lowest to the highest. " : ""
    let channels = chart(
      layers, of: "channels", label: "Channels", before: \.channelsBefore, after: \.channels
    ) { "\($0.channels.text) of \($0.channelsBefore)" }
    let macs = chart(
      layers, of: "MACs", label: "MACs of one image", before: \.macsBefore, after: \.macs
    ) { $0.macsBefore > 0 ? percent($0.macs.mean / Double($0.macsBefore)) : "–" }
    return [
      Figure(
        name: "channels", caption: spread + "Output channels, from the input to the classifier.",
        drawing: channels),
      Figure(
        name: "layer-macs",
        caption: spread + "A layer also gets cheaper by the channels that it no longer reads.", drawing: macs),
    ]
  }

  /// - Parameter note: text next to the bars of a layer.
  private func chart(
    _ layers: [LayerOverSeeds], of what: String, label: String, before: (LayerOverSeeds) -> Int,
    after: (LayerOverSeeds) -> LayerOverSeeds.Spread, note: (LayerOverSeeds) -> String
  ) -> BarChart {
    let rows = layers.map { layer in
      BarChart.Row(
        name: layer.name, before: Double(before(layer)), after: after(layer).mean, spread: after(layer).range,
        note: note(layer))
    }
    let kept = quantity(rows.map(\.after).reduce(0, +))
    let all = quantity(rows.map(\.before).reduce(0, +))
    return BarChart(
      title: "\(what.prefix(1).uppercased() + what.dropFirst()) of each layer",
      summary: "\(label) of each layer before and after pruning, \(kept) of \(all) in all.", label: label,
      rows: rows, legend: ("before", "after"))
  }
}

/// Summary of a layer over several runs of a variant.
struct LayerOverSeeds {
  var name: String
  var kind: String
  var channelsBefore: Int
  var channels: Spread
  var parametersBefore: Int
  var parameters: Spread
  var macsBefore: Int
  var macs: Spread

  struct Spread {
    var mean: Double
    var range: ClosedRange<Double>

    var text: String { meanCount(mean) }

    /// Nil without values.
    init?(_ values: [Int]) {
      guard let statistic = Statistic(values.map(Double.init)),
        let range = Reports.range(values.map(Double.init))
      else { return nil }
      self.mean = statistic.mean
      self.range = range
    }
  }

  /// In the order of the first run.
  static func layers(_ runs: [RunReport]) -> [LayerOverSeeds] {
    guard let first = runs.first else { return [] }
    let layersByName = Dictionary(grouping: runs.flatMap(\.layers), by: \.name)
    return first.layers.compactMap { layer in
      let same = layersByName[layer.name] ?? []
      guard let channels = Spread(same.map(\.channels)), let parameters = Spread(same.map(\.parameters)),
        let macs = Spread(same.map(\.macs))
      else { return nil }
      return LayerOverSeeds(
        name: layer.name, kind: layer.kind, channelsBefore: layer.channelsBefore, channels: channels,
        parametersBefore: layer.parametersBefore, parameters: parameters, macsBefore: layer.macsBefore,
        macs: macs)
    }
  }
}
