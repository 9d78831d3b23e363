import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import espalier

/// Commands in all documents, by the program's own parser; what they do is tested where a document
/// has files for it.
@Suite("Arguments in documents")
struct DocumentedArgumentTests {
  /// Of the repository: README.md, CONTRIBUTING.md and docs/.
  private static let documents: [String] = {
    let docs = Command.repository.appendingPathComponent("docs").path
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: docs)) ?? []
    return ["README.md", "CONTRIBUTING.md"]
      + names.filter { $0.hasSuffix(".md") }.sorted().map { "docs/\($0)" }
  }()

  @Test("every command in a block of a document is one that the program takes", arguments: documents)
  func blocks(_ document: String) throws {
    for words in try Self.commands(in: document) {
      #expect(throws: Never.self, "\(document): \(words.joined(separator: " "))") {
        _ = try Espalier.parseAsRoot(words)
      }
    }
  }

  @Test("commands are found in the documents, and wrong ones are not taken")
  func found() throws {
    let commands = try Self.documents.flatMap(Self.commands)
    #expect(commands.count > 60)
    #expect(Set(commands.compactMap(\.first)).count > 10)
    #expect(throws: (any Error).self) { _ = try Espalier.parseAsRoot(["run", "x.yaml", "--set-all"]) }
  }

  /// The arguments of every `espalier` in blocks of shell commands.
  private static func commands(in document: String) throws -> [[String]] {
    let text = try Repository.text(document)
    let indented = text.split(separator: "\n").filter { $0.hasPrefix("    ") }.joined(separator: "\n")
    let blocks = MarkdownBlock.all(in: text) + [MarkdownBlock(language: "sh", text: indented)]
    return blocks.flatMap(\.commands).flatMap { command in
      shellWords(command).split { ["|", "||", "&&", ";"].contains($0) }.compactMap(arguments)
    }
  }

  /// What follows `espalier` in a simple command; nil where there is none.
  private static func arguments(_ words: ArraySlice<String>) -> [String]? {
    guard let start = words.firstIndex(where: { $0 == "espalier" || $0.hasSuffix("/espalier") }),
      words.prefix(upTo: start).allSatisfy({ $0 != "python3" && !$0.hasSuffix(".py") })
    else { return nil }
    let rest = words.suffix(from: start + 1)
    // What GNU parallel fills in is a number.
    return Array(rest.prefix { $0 != ">" && $0 != "2>" && $0 != ":::" && !$0.hasPrefix("#") }).map {
      $0.replacingOccurrences(of: "{}", with: "1")
    }
  }
}
