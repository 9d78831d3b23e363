/// A table of a page; its first column names the rows.
struct Table {
  /// Caption for screen readers.
  var caption: String
  var header: [String]
  var rows: [[Cell]]
  /// Whether readers can sort the rows by a column.
  var isSortable = false

  /// Text, with a class for its style.
  struct Cell: ExpressibleByStringLiteral {
    var text: String
    var style: String?
    /// Anchor on the page that the text links to.
    var anchor: String?
    /// The number to sort by; nil to sort by the text.
    var number: Double?

    init(_ text: String, style: String? = nil, anchor: String? = nil, number: Double? = nil) {
      self.text = text
      self.style = style
      self.anchor = anchor
      self.number = number
    }

    init(stringLiteral text: String) { self.init(text) }
  }

  /// The table without columns that contain only dashes.
  var withoutEmptyColumns: Table {
    let columns = header.indices.filter { column in
      column == 0 || rows.contains { $0.indices.contains(column) && $0[column].text != "–" }
    }
    return Table(
      caption: caption, header: columns.map { header[$0] },
      rows: rows.map { row in columns.compactMap { row.indices.contains($0) ? row[$0] : nil } },
      isSortable: isSortable)
  }

  /// Scrolls horizontally if the page is too narrow; shadows at its sides indicate more columns.
  func markup() -> Markup {
    let shown = withoutEmptyColumns
    return element("div", ["class": "scroll", "tabindex": "0", "role": "region", "aria-label": caption]) {
      element("table", isSortable ? ["class": "sortable"] : [:]) {
        element("caption") { caption }
        element("thead") {
          element("tr") { for name in shown.header { element("th", ["scope": "col"]) { name } } }
        }
        element("tbody") {
          for row in shown.rows {
            element("tr") {
              for (index, cell) in row.enumerated() { markup(cell, isName: index == 0) }
            }
          }
        }
      }
    }
  }

  private func markup(_ cell: Cell, isName: Bool) -> Markup {
    var attributes = isName ? [Markup.Attribute(name: "scope", value: "row")] : []
    if let style = cell.style { attributes.append(Markup.Attribute(name: "class", value: style)) }
    if let number = cell.number, number.isFinite {
      attributes.append(Markup.Attribute(name: "data-number", value: "\(number)"))
    }
    let text = Markup.text(cell.text)
    let content = cell.anchor.map { anchor in element("a", ["href": "#\(anchor)"]) { text } } ?? text
    return .element(isName ? "th" : "td", attributes: attributes, children: [content])
  }

  /// The table in a fold that is closed at first.
  func folded(_ title: String) -> Markup {
    element("details") {
      element("summary") { title }
      markup()
    }
  }
}

/// `82.35 ± 0.31` for three values and more, `82.35 (82.66, 82.04)` for two, only the mean for a
/// single one.
///
/// - Parameter values: those of the statistic in the order of the seeds, so that pairs in a row
///   correspond.
func spread(_ statistic: Statistic?, of values: [Double], _ places: Int) -> String {
  guard let statistic else { return "–" }
  let mean = decimal(statistic.mean, places)
  if values.count == 2 {
    return "\(mean) (\(decimal(values[0], places)),\u{A0}\(decimal(values[1], places)))"
  }
  return statistic.n > 1 ? "\(mean) ±\u{A0}\(decimal(statistic.std, places))" : mean
}

/// Explanation of `spread` for a number of seeds, for captions; empty for a single seed.
func spreadNote(seeds: Int) -> String {
  switch seeds {
  case ..<2: ""
  case 2: "Means of two seeds, both values in parentheses in the order of the seeds"
  default: "Means of \(seeds) seeds ± standard deviation"
  }
}

/// `45.27 ± 0.70 T`; only the mean for a single value, or if all are equal.
func quantity(_ statistic: Statistic?) -> String {
  guard let statistic, statistic.mean.isFinite else { return "–" }
  let prefix = Prefix(for: statistic.mean)
  let places = prefix.symbol.isEmpty && statistic.mean >= 100 ? 0 : 2
  let spread = statistic.std > 0 ? " ±\u{A0}\(decimal(statistic.std / prefix.factor, places))" : ""
  let unit = prefix.symbol.isEmpty ? "" : "\u{A0}" + prefix.symbol
  return decimal(statistic.mean / prefix.factor, places) + spread + unit
}

/// Change of a time in seconds: a percentage from one second on, below that the difference, since
/// percentages would be noise.
func secondsChange(_ before: Double?, _ after: Double?) -> String {
  guard let before, let after, before < 1 else { return change(before, after) }
  return (after > before ? "+" : "") + decimal(after - before, 2) + "\u{A0}s"
}

/// `−51.5 %` from before to after.
func change(_ before: Double?, _ after: Double?) -> String {
  guard let before, let after, before > 0 else { return "–" }
  let share = after / before - 1
  return (share > 0 ? "+" : "") + percent(share)
}
