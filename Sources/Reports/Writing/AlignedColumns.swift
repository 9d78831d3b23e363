import Specification

/// Rows of text as a table: the first column to the left, the others to the right. Texts are made visible.
///
/// - Parameter gap: spaces between columns.
package func aligned(_ rows: [[String]], gap: Int = 2) -> [String] {
  let rows = rows.map { $0.map(visible) }
  let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
  return rows.map { row in
    row.enumerated().map { column, text in
      let space = String(repeating: " ", count: widths[column] - text.count)
      return column == 0 ? text + space : space + text
    }.joined(separator: String(repeating: " ", count: gap))
  }
}
