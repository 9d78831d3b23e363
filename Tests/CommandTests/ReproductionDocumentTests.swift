import Foundation
import TestSupport
import Testing

/// docs/reproduction.md: its tables are what the commands written above them print of the committed
/// results.
@Suite("The document of what was reproduced")
struct ReproductionDocumentTests {
  private static let file = "docs/reproduction.md"
  private static let begin = "<!-- table: "
  private static let end = "<!-- end of table -->"

  /// `ESPALIER_UPDATE_DOCUMENTS=1` writes the tables anew.
  @Test("has the tables that its commands print")
  func tables() throws {
    var parts = try Repository.text(Self.file).components(separatedBy: Self.begin)
    try #require(parts.count > 1)
    for index in parts.indices.dropFirst() {
      let halves = parts[index].components(separatedBy: Self.end)
      try #require(halves.count == 2)
      let lines = halves[0].split(separator: "\n", omittingEmptySubsequences: false)
      let command = try #require(lines.first?.replacingOccurrences(of: " -->", with: ""))
      try #require(command.hasPrefix("espalier "), "\(command)")
      let words = try command.split(separator: " ").dropFirst().flatMap { try Self.expanded(String($0)) }
      let result = try Command.run(words, in: Command.repository)
      try #require(result.status == 0, "\(command): \(result.errors)")
      parts[index] = "\(lines[0])\n\n\(result.output)\n\(Self.end)\(halves[1])"
    }
    let expected = parts.joined(separator: Self.begin)
    let text = try GeneratedText(Self.file).current(updatedTo: expected)
    #expect(text.split(separator: "\n") == expected.split(separator: "\n"))
  }

  /// As a shell expands `results/name-*`: the folder's entries that begin so, sorted.
  private static func expanded(_ word: String) throws -> [String] {
    guard word.hasSuffix("*") else { return [word] }
    let pattern = word.dropLast().split(separator: "/", omittingEmptySubsequences: false)
    let folder = pattern.dropLast().joined(separator: "/")
    let names = try FileManager.default.contentsOfDirectory(
      atPath: Command.repository.appendingPathComponent(folder).path)
    return names.filter { $0.hasPrefix(pattern.last ?? "") }.sorted().map { "\(folder)/\($0)" }
  }
}
