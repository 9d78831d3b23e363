import Foundation
import Testing

/// docs/running-suites.md: its files and commands, as a reader would try them, in order.
///
/// A block that begins with a comment such as `# study.yaml` is a file of that name.
@Suite("The document of running suites", .serialized)
struct SuiteDocumentTests {
  private let blocks: [(language: String, text: String)]

  init() throws {
    let file = Command.repository.appendingPathComponent("docs/running-suites.md")
    let text = try String(contentsOf: file, encoding: .utf8)
    blocks = text.components(separatedBy: "\n```").enumerated().filter { !$0.offset.isMultiple(of: 2) }
      .map { _, block in
        let lines = block.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(lines[0]), lines.count > 1 ? lines[1] + "\n" : "")
      }
  }

  @Test("every command works on the document's files")
  func commands() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "espalier-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for block in blocks where block.language == "yaml" {
      let name = try #require(block.text.split(separator: "\n").first?.dropFirst(2))
      try Data(block.text.utf8).write(to: folder.appendingPathComponent(String(name)))
    }
    let commands = blocks.filter { $0.language == "sh" }.flatMap { $0.text.split(separator: "\n") }
    #expect(commands.count > 8)
    for command in commands {
      let words = Self.words(command)
      try #require(words.first == "espalier", "\(command)")
      // The shortest training: what is said holds for any.
      let short = words[1] == "run" ? ["--set", "train.epochs=2", "--set", "dataset.train_limit=100"] : []
      let quiet = words[1] == "run" ? ["--progress", "none"] : []
      let result = try Command.run(Array(words.dropFirst()) + short + quiet, in: folder)
      #expect(result.status == 0, "\(command): \(result.errors)")
      #expect(result.errors.isEmpty, "\(command)")
    }
    let cached = try Command.run(["cache", "list"], in: folder)
    #expect(cached.output == "nothing is cached\n")
  }

  @Test("the matrices give the experiments that the text says")
  func matrices() throws {
    let files = try blocks.filter { $0.language == "yaml" }.reduce(into: [String: Data]()) { files, block in
      files[String(try #require(block.text.split(separator: "\n").first?.dropFirst(2)))] = Data(
        block.text.utf8)
    }
    let study = try Command.run(["validate", "study.yaml"], files: files)
    #expect(study.output.split(separator: "\n").count == 6)
    #expect(study.output.hasPrefix("study-depth8-feature_relevance: valid\n"))
    #expect(study.output.hasSuffix("study-depth14-random: valid\n"))
    let variations = try Command.run(["validate", "variations.yaml"], files: files)
    #expect(
      variations.output.split(separator: "\n").map { $0.replacingOccurrences(of: ": valid", with: "") } == [
        "variations-feature_relevance-ratio0.2", "variations-feature_relevance-ratio0.4",
        "variations-feature_relevance-ratio0.6", "variations-l1_norm-ratio0.2", "variations-l1_norm-ratio0.4",
        "variations-no-prune-depth14", "variations-late",
      ], "\(variations.errors)")
  }

  /// As a shell splits a line, with single quotes only.
  private static func words(_ line: Substring) -> [String] {
    line.split(separator: "'", omittingEmptySubsequences: false).enumerated().flatMap { index, part in
      index.isMultiple(of: 2) ? part.split(separator: " ").map(String.init) : [String(part)]
    }
  }
}
