import Foundation
import TestSupport
import Testing

/// docs/running-suites.md: its files and commands, as a reader would try them, in order.
///
/// A block that begins with a comment such as `# study.yaml` is a file of that name.
@Suite("The document of running suites", .serialized)
struct SuiteDocumentTests {
  private let blocks: [MarkdownBlock]

  init() throws { blocks = try Self.blocks(of: "running-suites") }

  private static func blocks(of document: String) throws -> [MarkdownBlock] {
    MarkdownBlock.all(in: try Repository.text("docs/\(document).md"))
  }

  /// The files that blocks show, by name.
  private static func files(_ blocks: [MarkdownBlock]) throws -> [String: String] {
    try blocks.filter { $0.language == "yaml" }.reduce(into: [:]) { files, block in
      let name = try #require(block.fileName, "\(block.text)")
      files[name] = block.text
    }
  }

  @Test("every command works on the document's files")
  func commands() throws {
    try run(blocks) { folder in
      let cached = try Command.run(["cache", "list"], in: folder)
      #expect(cached.output == "nothing is cached\n")
    }
  }

  @Test("every command of docs/clusters.md works on the same files, and the last run trains nothing")
  func clusters() throws {
    let files = blocks.filter { $0.language == "yaml" }
    try run(files + Self.blocks(of: "clusters")) { folder in
      let plan = try Command.run(
        [
          "plan", "study.yaml", "--no-calibration", "--set", "train.epochs=3", "--set",
          "dataset.train_limit=100",
        ],
        in: folder)
      #expect(plan.output.contains("0 trainings to do; "))
      let submitted = folder.appendingPathComponent("results/.submit")
      let manifests = try FileManager.default.subpathsOfDirectory(atPath: submitted.path)
      #expect(manifests.count { $0.hasSuffix(".yaml") } == 2)
    }
  }

  /// Writes the files and runs the commands of a document in a folder of its own.
  private func run(_ blocks: [MarkdownBlock], _ check: (URL) throws -> Void) throws {
    let folder = try TemporaryFolder(texts: Self.files(blocks))
    let commands = blocks.flatMap(\.commands)
    #expect(commands.count > 5)
    for command in commands {
      let words = shellWords(command)
      try #require(words.first == "espalier", "\(command)")
      // The shortest training: what is said holds for any.
      let short = words[1] == "run" ? ["--set", "train.epochs=3", "--set", "dataset.train_limit=100"] : []
      let quiet = words[1] == "run" ? ["--progress", "none"] : []
      let result = try Command.run(Array(words.dropFirst()) + short + quiet, in: folder.url)
      #expect(result.status == 0, "\(command): \(result.errors)")
      // Trainings that short prune all at once, which is worth warnings.
      #expect(
        result.errors.split(separator: "\n").allSatisfy { $0.contains("warning: ") },
        "\(command): \(result.errors)")
    }
    try check(folder.url)
  }

  @Test("the matrices give the experiments that the text says")
  func matrices() throws {
    let files = try Self.files(blocks).mapValues { Data($0.utf8) }
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
}
