import Specification

/// Rows of text as aligned columns for the terminal: the first column is left-aligned, the others
/// are right-aligned. Invisible characters are made visible.
package struct TextTable {
  /// Rows, starting with the header. Every row has as many cells as the header.
  let rows: [[String]]
  /// Spaces between columns.
  let gap: Int
  /// Headers of columns that may be omitted if the table is too wide, in the order of omission.
  let expendable: [String]
  /// Headers of other left-aligned columns.
  let leftAligned: Set<String>
  /// Characters of the longest cell of each column.
  private let widths: [Int]

  package init(
    _ rows: [[String]], gap: Int = 2, expendable: [String] = [], leftAligned: Set<String> = []
  ) {
    let rows = rows.map { $0.map { visible($0) } }
    self.rows = rows
    widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    self.gap = gap
    self.expendable = expendable
    self.leftAligned = leftAligned
  }

  /// Minimum length of a shortened name.
  private static let shortestName = 12

  /// The lines, without trailing spaces.
  ///
  /// - Parameter columns: largest number of characters per line. Expendable columns are omitted
  ///   until the lines fit; then names in the first column are shortened in the middle.
  package func lines(columns: Int = .max) -> [String] {
    guard let header = rows.first else { return [] }
    var shown = Array(header.indices)
    for name in expendable where width(shown) > columns {
      shown.removeAll { $0 > 0 && header[$0] == name }
    }
    let excess = columns == .max ? 0 : max(0, width(shown) - columns)
    let names = max(Self.shortestName, widths[0] - excess)
    return rows.map { row in
      let cells = shown.map { column -> String in
        let text = column == 0 ? shortened(row[0], to: names) : row[column]
        let width = column == 0 ? min(names, widths[0]) : widths[column]
        let space = String(repeating: " ", count: width - text.count)
        return column == 0 || leftAligned.contains(header[column]) ? text + space : space + text
      }
      return trimmed(cells.joined(separator: String(repeating: " ", count: gap)))
    }
  }

  private func width(_ columns: [Int]) -> Int {
    columns.map { widths[$0] }.reduce(0, +) + gap * max(0, columns.count - 1)
  }
}

/// A text of at most `width` characters, shortened in the middle: `short-resn…interval1`.
func shortened(_ text: String, to width: Int) -> String {
  guard text.count > width, width > 1 else { return text }
  let end = (width - 1) / 2
  return text.prefix(width - 1 - end) + "…" + text.suffix(end)
}

private func trimmed(_ line: String) -> String {
  String(line.reversed().drop { $0 == " " }.reversed())
}

/// Lines of at most `columns` characters, broken at spaces; a longer word has a separate line.
///
/// - Parameter indent: prefix of the lines after the first.
package func wrapped(_ text: String, columns: Int, indent: String = "") -> [String] {
  text.split(separator: " ", omittingEmptySubsequences: false).reduce(into: []) { lines, word in
    if let last = lines.last, last.count + 1 + word.count <= columns {
      lines[lines.count - 1] = last + " " + word
    } else {
      lines.append((lines.isEmpty ? "" : indent) + word)
    }
  }
}
