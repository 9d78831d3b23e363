import Testing

@testable import Specification

/// Inputs and the errors they give, written as a text: an input in a line that starts at the
/// margin, the experiment's line to change, and below it, indented, all of its errors as
/// `line:column: path: message`.
struct ErrorTable: Sendable {
  struct Row: Sendable, CustomTestStringConvertible {
    var input: String
    var errors: [String]
    var testDescription: String { input }
  }

  static let all = [keys, values, models, pruning, evaluation, pictures, schedules, syntax]

  var rows: [Row] = []

  init(_ text: String) {
    for line in text.split(separator: "\n") {
      if line.hasPrefix("  ") {
        rows[rows.count - 1].errors.append("t.yaml:" + line.dropFirst(2))
      } else {
        rows.append(Row(input: String(line), errors: []))
      }
    }
  }
}
