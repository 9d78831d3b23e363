/// The content of a page about several experiments: a table of all, plots that compare them, then
/// each experiment.
struct SuiteSection {
  let title: String
  let reports: [Report]
  /// Separate pages of experiments, relative to this one.
  var pages: [String: String] = [:]

  @MarkupBuilder
  func contents() -> [Markup] {
    element("header") {
      element("h1") { title }
      Verdict(reports).markup()
    }
    element("h2") { "Experiments" }
    table().markup()
    let figures = tradeOffFigures(reports)
    if !figures.isEmpty {
      element("h2") { "Accuracy and size" }
      markup(withSharedLegend(figures))
    }
    for (index, report) in reports.enumerated() {
      element("section", ["class": "experiment", "id": anchor(index)]) {
        element("h2") { report.experiment }
        ExperimentSection(report: report).introduction(page: pages[report.experiment])
        ExperimentSection(report: report).contents(heading: "h3")
      }
    }
  }

  /// One legend before the plots if it is long, since all plots have the same series.
  private func withSharedLegend(_ figures: [Figure]) -> [Figure] {
    let plots = figures.compactMap { $0.drawing as? Plot }
    guard let first = plots.first, first.series.count > 4, plots.count == figures.count else {
      return figures
    }
    let legend = Figure(
      name: "legend", caption: "The lines and points of the plots in this section.",
      drawing: LegendDrawing(plot: first))
    return [legend]
      + figures.map { figure in
        guard var plot = figure.drawing as? Plot else { return figure }
        plot.hasLegend = false
        return Figure(name: figure.name, caption: figure.caption, drawing: plot)
      }
  }

  /// Numbers, because names may contain any characters.
  private func anchor(_ index: Int) -> String { "experiment-\(index + 1)" }

  private func table() -> Table {
    // The note for the experiment with most seeds; the column of seeds has their numbers.
    let seeds = reports.map { Set($0.runs.map(\.seed)).count }.max() ?? 1
    return Table(
      caption: seeds == 1 ? "Every experiment" : spreadNote(seeds: seeds),
      header: [
        "experiment", "seeds", "baseline top-1, %", "pruned top-1, %", "drop, points", "compression",
        "MACs removed", "expectations",
      ],
      rows: reports.enumerated().map { index, report in
        let summary = report.summary
        let seeds = Set(report.runs.map(\.seed)).count
        return [
          Table.Cell(report.label, style: "name", anchor: anchor(index)),
          Table.Cell("\(seeds)", number: Double(seeds)),
          accuracy(summary.baseline?.top1, of: report.accuracies("baseline")),
          accuracy(summary.pruned?.top1, of: report.accuracies("pruned")),
          accuracy(summary.accuracyDrop, of: report.accuracyDrops),
          Table.Cell(
            summary.compression.map { decimal($0, 2) + "×" } ?? "–", number: summary.compression),
          Table.Cell(summary.flopsReduction.map(percent) ?? "–", number: summary.flopsReduction),
          expectations(report),
        ]
      }, isSortable: true)
  }

  /// How many expectations are met; without a verdict if the results are not current.
  private func expectations(_ report: Report) -> Table.Cell {
    let all = report.summary.expectations.count
    guard all > 0 else { return "–" }
    let met = report.summary.expectations.count(where: \.met)
    let (text, share) = ("\(met) of \(all)", Double(met) / Double(all))
    guard report.status == .complete else { return Table.Cell(text, number: share) }
    return Table.Cell(
      "\(met == all ? "✓" : "✗") \(text)", style: met == all ? "good" : "bad", number: share)
  }

  private func accuracy(_ statistic: Statistic?, of values: [Double]) -> Table.Cell {
    Table.Cell(spread(statistic, of: values, 2), number: statistic?.mean)
  }
}
