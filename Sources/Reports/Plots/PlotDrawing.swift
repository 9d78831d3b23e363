/// Draws a plot: title, legend, axes, and the data between them.
struct PlotDrawing {
  private let plot: Plot
  private let drawing: Drawing
  private let legend: Legend
  private let x: Scale
  private let y: Scale
  private let area: (left: Double, right: Double, top: Double, bottom: Double)

  private static let areaHeight = 220.0
  private static let titleHeight = 26.0
  private static let tickSize = 11.5

  init(plot: Plot, drawing: Drawing) {
    self.plot = plot
    self.drawing = drawing
    legend = plot.hasLegend ? Legend(plot) : Legend([])
    let labels = plot.y.scale.ticks.map { textWidth($0.label, size: Self.tickSize) }
    let left = 30 + (labels.max() ?? 0)
    let top = Self.titleHeight + legend.height + 10
    // The label of the last tick is centred on the end of the axis.
    let last = plot.x.scale.ticks.last.map { textWidth($0.label, size: Self.tickSize) } ?? 0
    area = (left, Drawing.width - max(16, last / 2 + 1), top, top + Self.areaHeight)
    var (x, y) = (plot.x.scale, plot.y.scale)
    x.extent = (area.left, area.right)
    y.extent = (area.bottom, area.top)
    self.x = x
    self.y = y
  }

  func svg() -> Markup {
    drawing.svg(title: plot.title, summary: plot.summary, height: area.bottom + 42) {
      legend.markup(drawing, top: Self.titleHeight)
      axes()
      for place in plot.marks where place.isFinite {
        Self.mark(drawing, x: x.place(place), top: area.top, bottom: area.bottom)
      }
      for series in plot.series { band(series) }
      for series in plot.series { line(series) }
      for series in plot.series { points(series) }
      if plot.showsColumns { hoverColumns() }
    }
  }

  private func hoverColumns() -> [Markup] {
    HoverValues(plot: plot).columns.map { column in
      let (from, to) = (x.place(column.from), x.place(column.to))
      return drawing.hover(
        x: from, y: area.top, width: to - from, height: area.bottom - area.top, label: column.text)
    }
  }

  /// A vertical line with a triangle on top.
  static func mark(_ drawing: Drawing, x: Double, top: Double, bottom: Double) -> [Markup] {
    let color = drawing.palette.faint
    let tip = "M\(coordinate(x - 3.5)) \(coordinate(top))h7l-3.5 6Z"
    return [
      drawing.line((x, top), (x, bottom), color: color, dashes: "1 3"),
      element("path", ["d": tip, "fill": color]),
    ]
  }

  // MARK: Axes

  @MarkupBuilder
  private func axes() -> [Markup] {
    for tick in y.ticks {
      let place = y.place(tick.value)
      drawing.line((area.left, place), (area.right, place), color: drawing.palette.grid)
      drawing.text(tick.label, area.left - 6, place + 4, anchor: .end, size: Self.tickSize)
    }
    for tick in x.ticks {
      let place = x.place(tick.value)
      drawing.line((place, area.bottom), (place, area.bottom + 4), color: drawing.palette.faint)
      drawing.text(tick.label, place, area.bottom + 17, anchor: .middle, size: Self.tickSize)
    }
    drawing.line((area.left, area.bottom), (area.right, area.bottom), color: drawing.palette.faint)
    drawing.text(
      plot.x.label, (area.left + area.right) / 2, area.bottom + 34, anchor: .middle,
      color: drawing.palette.ink)
    drawing.upright(plot.y.label, 13, (area.top + area.bottom) / 2)
  }

  // MARK: Data

  private func band(_ series: Plot.Series) -> [Markup] {
    let band = series.band.filter { $0.x.isFinite && $0.low.isFinite && $0.high.isFinite }
    guard band.count > 1 else { return [] }
    let outline = band.map { ($0.x, $0.high) } + band.reversed().map { ($0.x, $0.low) }
    return [
      element(
        "path", ["d": path(outline) + "Z", "fill": drawing.color(series.style), "fill-opacity": "0.18"])
    ]
  }

  private func line(_ series: Plot.Series) -> [Markup] {
    let places = series.points.filter(\.isDrawable).map { ($0.x, $0.y) }
    guard series.isJoined, places.count > 1 else { return [] }
    return [
      drawing.path(
        path(places), stroke: drawing.color(series.style), width: series.style.width,
        dashes: series.style.dashes)
    ]
  }

  private func points(_ series: Plot.Series) -> [Markup] {
    let points = series.points.filter(\.isDrawable)
    let stride = series.isJoined ? max((points.count + 9) / 10, 1) : 1
    let marked = points.enumerated().filter { (points.count - 1 - $0.offset).isMultiple(of: stride) }
    return marked.flatMap { _, point in
      errorBars(point, series.style)
        + drawing.marker(series.style, x.place(point.x), y.place(point.y), label: point.label)
    }
  }

  private func errorBars(_ point: Plot.Point, _ style: SeriesStyle) -> [Markup] {
    let color = drawing.color(style)
    var path = ""
    if point.yError > 0 {
      let (low, high) = (
        y.place(y.limited(point.y - point.yError)), y.place(y.limited(point.y + point.yError))
      )
      let left = coordinate(x.place(point.x) - 4)
      path += "M\(left) \(coordinate(low))h8m-4 0V\(coordinate(high))m-4 0h8"
    }
    if point.xError > 0 {
      let (low, high) = (
        x.place(x.limited(point.x - point.xError)), x.place(x.limited(point.x + point.xError))
      )
      let top = coordinate(y.place(point.y) - 4)
      path += "M\(coordinate(low)) \(top)v8m0 -4H\(coordinate(high))m0 -4v8"
    }
    return path.isEmpty ? [] : [drawing.path(path, stroke: color, width: 1.2)]
  }

  private func path(_ values: [(Double, Double)]) -> String {
    values.enumerated().map { index, value in
      (index == 0 ? "M" : "L") + coordinate(x.place(value.0)) + " " + coordinate(y.place(value.1))
    }.joined()
  }
}
