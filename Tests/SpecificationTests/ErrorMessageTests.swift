import Testing

@testable import Specification

@Suite("Experiments that do not fit")
struct ErrorMessageTests {
  @Test("give every error with its source location", arguments: ErrorTable.all.flatMap(\.rows))
  func message(row: ErrorTable.Row) {
    #expect(errors(experiment([row.input])) == row.errors)
  }

  @Test("no table of errors is empty")
  func tables() {
    #expect(ErrorTable.all.allSatisfy { !$0.rows.isEmpty })
  }
}
