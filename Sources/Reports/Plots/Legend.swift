/// A legend in rows above the plot, where no line can overlap it.
struct Legend {
  enum Sample {
    case series(SeriesStyle, isJoined: Bool)
    case mark
    case bar(filled: Bool)
  }

  private struct Entry {
    var name: String
    var sample: Sample
    var x: Double
    var row: Int
  }

  private static let rowHeight = 17.0
  private static let sampleWidth = 30.0

  private let entries: [Entry]
  private let rows: Int

  var height: Double { Double(rows) * Self.rowHeight }

  init(_ names: [(String, Sample)]) {
    var entries: [Entry] = []
    var (x, row) = (4.0, 0)
    for (name, sample) in names {
      let longest = Drawing.width - Self.sampleWidth - 24
      let name = shortened(name, to: longest, size: Drawing.textSize)
      let width = Self.sampleWidth + textWidth(name, size: Drawing.textSize) + 14
      if x + width > Drawing.width && x > 4 { (x, row) = (4, row + 1) }
      entries.append(Entry(name: name, sample: sample, x: x, row: row))
      x += width
    }
    self.entries = entries
    rows = entries.isEmpty ? 0 : row + 1
  }

  /// The legend of a plot's series and marks.
  init(_ plot: Plot) {
    var names = plot.series.filter { !$0.name.isEmpty }.map {
      ($0.name, Sample.series($0.style, isJoined: $0.isJoined))
    }
    if !plot.marks.isEmpty { names.append((plot.marksName, .mark)) }
    self.init(names)
  }

  /// - Parameter top: position of the first row.
  func markup(_ drawing: Drawing, top: Double) -> [Markup] {
    entries.flatMap { entry -> [Markup] in
      let y = top + Double(entry.row) * Self.rowHeight + 9
      let text = drawing.text(
        entry.name, entry.x + Self.sampleWidth, y + 4, color: drawing.palette.ink)
      return sample(entry, drawing, y) + [text]
    }
  }

  private func sample(_ entry: Entry, _ drawing: Drawing, _ y: Double) -> [Markup] {
    let (from, to) = (entry.x, entry.x + Self.sampleWidth - 5)
    switch entry.sample {
    case .series(let style, let isJoined):
      let line = drawing.path(
        "M\(coordinate(from)) \(coordinate(y))H\(coordinate(to))", stroke: drawing.color(style),
        width: style.width, dashes: style.dashes)
      return (isJoined ? [line] : []) + drawing.marker(style, (from + to) / 2, y)
    case .mark:
      return PlotDrawing.mark(drawing, x: (from + to) / 2, top: y - 7, bottom: y + 7)
    case .bar(let filled):
      return [BarChart.bar(drawing, x: from, y: y - 5, width: to - from, height: 10, filled: filled)]
    }
  }
}

/// The legend of plots that share their series, as a separate drawing.
struct LegendDrawing: Drawable {
  var plot: Plot

  func svg(_ palette: Palette) -> Markup {
    let legend = Legend(plot)
    let drawing = Drawing(palette: palette)
    let names = plot.series.map(\.name).filter { !$0.isEmpty }.joined(separator: ", ")
    return drawing.svg(title: "Legend", summary: "Series: \(names).", height: 26 + legend.height + 4) {
      legend.markup(drawing, top: 26)
    }
  }
}
