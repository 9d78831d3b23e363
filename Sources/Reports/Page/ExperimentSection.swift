/// The section about one experiment.
struct ExperimentSection {
  let report: Report

  /// The experiment and its results.
  ///
  /// - Parameter page: path of its own page, if this is another one.
  @MarkupBuilder
  func introduction(page: String?) -> [Markup] {
    if !report.description.isEmpty { element("p", ["class": "description"]) { report.description } }
    Verdict(report).markup()
    if let page {
      element("p", ["class": "note"]) { PageFiles.link(page, "Its own page, beside its files") }
    }
  }

  /// - Parameter heading: `h2`, or `h3` below the heading of the experiment itself.
  @MarkupBuilder
  func contents(heading: String) -> [Markup] {
    element(heading) { "Result" }
    for remark in report.remarks {
      element("p", ["class": "note"]) { "\(remark.prefix(1).uppercased() + remark.dropFirst())." }
    }
    element("div", ["class": "figures"]) {
      report.comparison().markup()
      if let expectations = report.expectations() { expectations.markup() }
    }
    part(heading, "Training", report.curveFigures())
    part(heading, "Accuracy and size", report.sizeFigures())
    if let layers = report.layerTable() {
      element(heading) { "Layers" }
      markup(report.layerFigures())
      layers.folded("All layers in a table: \(layers.rows.count)")
    }
    part(
      heading, "What training cost", report.costFigures(), table: report.costTable(), note: report.costNote)
    element(heading) { "Details" }
    report.runTable().folded("Every run")
    for variant in report.variants {
      report.historyTable(variant.runs).folded("Every epoch, \(variant.name)")
    }
    element("details") {
      element("summary") { "Environment" }
      report.environmentList()
    }
  }

  @MarkupBuilder
  private func part(
    _ heading: String, _ title: String, _ figures: [Figure], table: Table? = nil, note: String? = nil
  ) -> [Markup] {
    if !figures.isEmpty {
      element(heading) { title }
      if let table, !table.rows.isEmpty { table.markup() }
      if let note { element("p", ["class": "note"]) { note } }
      markup(figures)
    }
  }
}

/// Figures side by side if there is room.
func markup(_ figures: [Figure]) -> Markup {
  element("div", ["class": "figures"]) {
    for figure in figures {
      element("figure", ["class": figure.name]) {
        figure.drawing.svg(.page)
        element("figcaption") { figure.caption }
      }
    }
  }
}
