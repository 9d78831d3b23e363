import Foundation
import TestSupport
import Testing

@testable import Experiments
@testable import Specification

/// The examples of docs/experiment-files.md: files, commands, errors, and what is said about the
/// registries there and in docs/data.md and docs/pruning.md.
///
/// A block that begins with a comment such as `# first.yaml` is a file of that name.
@Suite("The examples of the document of experiment files")
struct DocumentExampleTests {
  private let text: String
  private let folder: TemporaryFolder
  private let blocks: [MarkdownBlock]
  /// Blocks that are files, by name.
  private let files: [String: String]

  init() throws {
    text = try Repository.text("docs/experiment-files.md")
    folder = try TemporaryFolder()
    blocks = MarkdownBlock.all(in: text)
    files = blocks.reduce(into: [:]) { files, block in
      guard block.language == "yaml", let name = block.fileName else { return }
      files[name] = block.text
    }
    for (name, text) in files {
      try text.write(toFile: "\(folder.path)/\(name)", atomically: true, encoding: .utf8)
    }
  }

  @Test("every file but the damaged one is valid, and so is every block without a name")
  func valid() throws {
    #expect(Set(files.keys) == ["first.yaml", "cifar10-resnet56.yaml", "suite.yaml", "trial.yaml"])
    for name in files.keys where !["suite.yaml", "trial.yaml"].contains(name) {
      #expect(problems(name) == [], "\(name)")
    }
    let unnamed = try (blocks + MarkdownBlock.all(in: Self.document("pruning"))).filter {
      $0.language == "yaml" && $0.fileName == nil
    }
    #expect(unnamed.count > 2)
    for block in unnamed {
      #expect(throws: Never.self, "\(block.text)") {
        try ExperimentFile.load(text: block.text, file: "unnamed.yaml", catalog: .standard)
      }
    }
  }

  @Test("`extends` gives what the text says")
  func extends() throws {
    let spec = try load("cifar10-resnet56.yaml")
    let prune = try #require(spec.prune)
    #expect(spec.seeds == [0, 1])
    #expect(spec.architecture.depth == 56)
    #expect(spec.train.batchSize == 128)
    #expect(spec.train.schedule.kind == .step(milestones: [100, 150], gamma: 0.1))
    #expect(prune.target == .channelsPerStep(120))
    #expect(prune.steps(epochs: spec.train.epochs) == [21, 42, 63, 84, 105, 126, 147])
    #expect(try load("first.yaml").prune?.steps(epochs: 10) == [2, 4, 6, 8])
  }

  @Test("every command with `--set` is accepted, without warnings")
  func overrides() throws {
    let commands = blocks.flatMap(\.commands)
    #expect(commands.count >= 3)
    for command in commands {
      let words = shellWords(command)
      try #require(words.count > 3 && words[0] == "espalier" && words[1] == "run", "\(command)")
      let overrides = words.indices.dropFirst(3).filter { words[$0 - 1] == "--set" }.map { words[$0] }
      #expect(words.count == 3 + 2 * overrides.count, "\(command)")
      #expect(problems(words[2], overrides: overrides) == [], "\(command)")
    }
  }

  @Test("the suite lists the files of the document")
  func suite() throws {
    let names = try SuiteFile.load(folder.path + "/suite.yaml")
    #expect(
      names.map { $0.replacing(folder.path + "/", with: "") } == ["first.yaml", "cifar10-resnet56.yaml"])
  }

  @Test("the damaged file gives the errors that stand below it")
  func damaged() throws {
    let shown = try #require(blocks.first { $0.language == "text" }?.text)
    #expect(problems("trial.yaml") == shown.split(separator: "\n").map(String.init))
  }

  @Test("every data set is listed with its size and folder")
  func datasets() throws {
    let text = try Self.document("data")
    for dataset in Catalog.standard.datasets {
      guard let train = dataset.trainImages, let test = dataset.testImages, let classes = dataset.classes
      else {
        #expect(
          text.contains("| `\(dataset.name)` | pictures of any size | the folders |"), "\(dataset.name)")
        continue
      }
      let size = dataset.input.map(String.init).joined(separator: "x")
      let paths = [dataset.defaultPath, dataset.packagePath].compactMap { $0.map { "`\($0)`" } }
      let path = paths.isEmpty ? "inside the program" : paths.joined(separator: " or else ")
      let row =
        "| `\(dataset.name)` | \(train) + \(test) of \(size) | \(classes)"
        + " | \(path) |"
      #expect(text.contains(row), "\(row)")
    }
  }

  @Test("every architecture and criterion is explained before the table of keys, or in the page of pruning")
  func names() throws {
    let prose = try #require(text.components(separatedBy: "## All keys").first) + Self.document("pruning")
    for name in Catalog.standard.architectures.map(\.name) + Catalog.standard.criteria.map(\.name) {
      #expect(
        prose.split(separator: "\n").contains { $0.hasPrefix("| `") && $0.contains("`\(name)`") }, "\(name)")
    }
  }

  @Test("the criterion in docs/adding-a-criterion.md is the one in the source")
  func criterion() throws {
    let page = try Self.document("adding-a-criterion")
    let block = try #require(MarkdownBlock.all(in: page).first { $0.language == "swift" })
    let source = try String(
      contentsOfFile: repository + "/Sources/Pruning/Criteria/L1Norm.swift", encoding: .utf8)
    #expect(block.text == source)
  }

  // MARK: Reading the document

  private static func document(_ name: String) throws -> String {
    try Repository.text("docs/\(name).md")
  }

  /// The path of a file of the document, or else of the repository.
  private func path(_ name: String) -> String {
    "\(files[name] == nil ? repository : folder.path)/\(name)"
  }

  private func load(_ name: String) throws(SpecificationError) -> ExperimentSpec {
    try ExperimentFile.load(path(name), catalog: .standard, environment: [:])
  }

  /// Errors and warnings.
  private func problems(_ name: String, overrides: [String] = []) -> [String] {
    do throws(SpecificationError) {
      return try ExperimentFile.experiments(
        path(name), overrides: overrides, catalog: .standard, environment: [:]
      ).flatMap(\.warnings).map(\.description)
    } catch {
      return error.diagnostics.map { $0.description.replacing(folder.path + "/", with: "") }
    }
  }
}
