/// A bar chart: each bar is the size before pruning, and the part of it that remains.
struct BarChart {
  var title: String
  var summary: String
  /// With the unit of the bars.
  var label: String
  var rows: [Row]
  var legend: (before: String, after: String)

  struct Row {
    var name: String
    var before: Double
    var after: Double
    /// Lowest and highest value, if several were measured.
    var spread: ClosedRange<Double>?
    /// Text to the right of the bars.
    var note: String

    func divided(by unit: Double) -> Row {
      Row(
        name: name, before: before / unit, after: after / unit,
        spread: spread.map { ($0.lowerBound / unit)...($0.upperBound / unit) }, note: note)
    }
  }

  func svg(_ palette: Palette) -> Markup {
    let drawing = Drawing(palette: palette)
    let size = rows.count > 40 ? 10.0 : 11.5
    let rowHeight = size + 4.5
    let names = rows.map { shortened($0.name, to: 150, size: size) }
    let left = 8 + (names.map { textWidth($0, size: size) }.max() ?? 0)
    let right = Drawing.width - 10 - (rows.map { textWidth($0.note, size: size) }.max() ?? 0)
    let legend = Legend([(self.legend.before, .bar(filled: false)), (self.legend.after, .bar(filled: true))])
    let top = 26 + legend.height + 8
    let bottom = top + Double(rows.count) * rowHeight + 4
    let largest = max(range(rows.map(\.before))?.upperBound ?? 0, 1)
    let prefix = Prefix(for: largest)
    var scale = Scale(covering: 0...largest / prefix.factor, atMost: 6)
    scale.extent = (left, right)
    return drawing.svg(title: title, summary: summary, height: bottom + 42) {
      legend.markup(drawing, top: 26)
      for tick in scale.ticks {
        let place = scale.place(tick.value)
        drawing.line((place, top - 2), (place, bottom), color: palette.grid)
        drawing.text(tick.label, place, bottom + 15, anchor: .middle, size: 11.5)
      }
      let unit = prefix.symbol.isEmpty ? "" : " (\(prefix.symbol))"
      drawing.text(label + unit, (left + right) / 2, bottom + 34, anchor: .middle, color: palette.ink)
      for (index, row) in rows.enumerated() {
        let y = top + Double(index) * rowHeight
        drawing.text(names[index], left - 6, y + rowHeight - 5, anchor: .end, size: size)
        bars(row.divided(by: prefix.factor), drawing, scale, y: y + 1.5, height: rowHeight - 3)
        drawing.text(row.note, Drawing.width - 4, y + rowHeight - 5, anchor: .end, size: size)
        drawing.hover(x: 0, y: y, width: Drawing.width, height: rowHeight, label: hoverText(row))
      }
    }
  }

  /// `layer1.0.conv1: 9 of 16 (8 to 10)`
  private func hoverText(_ row: Row) -> String {
    let range = row.spread.map {
      $0.lowerBound < $0.upperBound ? " (\(quantity($0.lowerBound)) to \(quantity($0.upperBound)))" : ""
    }
    return "\(row.name): \(quantity(row.after)) of \(quantity(row.before))\(range ?? "")"
  }

  private func bars(_ row: Row, _ drawing: Drawing, _ scale: Scale, y: Double, height: Double) -> [Markup] {
    let zero = scale.extent.from
    func width(_ value: Double) -> Double { max(scale.place(value) - zero, 0) }
    var parts = [
      Self.bar(drawing, x: zero, y: y, width: width(row.before), height: height, filled: false),
      Self.bar(drawing, x: zero, y: y, width: width(row.after), height: height, filled: true),
    ]
    if let spread = row.spread, spread.upperBound > spread.lowerBound {
      let middle = y + height / 2
      parts.append(
        drawing.line(
          (scale.place(spread.lowerBound), middle), (scale.place(spread.upperBound), middle),
          color: drawing.palette.ink))
    }
    return parts
  }

  /// A filled bar, or the outline of one.
  static func bar(
    _ drawing: Drawing, x: Double, y: Double, width: Double, height: Double, filled: Bool
  ) -> Markup {
    let color = drawing.color(filled ? .pruned : .baseline)
    return element(
      "rect",
      [
        "x": coordinate(x), "y": coordinate(y), "width": coordinate(width), "height": coordinate(height),
        "fill": color, "fill-opacity": filled ? "0.9" : "0.15", "stroke": color, "stroke-width": "1",
      ])
  }
}
