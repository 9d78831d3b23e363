import Foundation
import TestSupport
import Testing

/// The commands in the documents about reports and editors.
@Suite("Documented commands")
struct DocumentCommandTests {
  private static func text(_ document: String) throws -> String {
    try Repository.text("docs/\(document).md")
  }

  @Test(
    "every command runs and ends with 0",
    arguments: ["reading-reports", "report-page", "diffing-in-ci", "editor-setup", "pruning", "reproduction"])
  func commands(_ document: String) throws {
    let commands = MarkdownBlock.all(in: try Self.text(document)).flatMap(\.commands)
    #expect(!commands.isEmpty)
    let folder = try Self.repositoryCopy()
    for command in commands {
      try #require(command.hasPrefix("espalier "), "\(command)")
      let result = try Self.shell(command, in: folder)
      #expect(result.status == 0, "\(command): \(result.errors)")
      #expect(!result.output.isEmpty || command.contains(" > "), "\(command)")
    }
  }

  @Test("a stranger's first commands work one after another, up to those that need data to be downloaded")
  func gettingStarted() throws {
    let first = try #require(try Self.text("getting-started").components(separatedBy: "\n## Real data").first)
    let blocks = MarkdownBlock.all(in: first)
    let study = try #require(blocks.last { $0.language == "yaml" })
    let folder = try TemporaryFolder(texts: ["study.yaml": study.text])
    let commands = blocks.flatMap(\.commands).filter { $0.hasPrefix("espalier ") }
    #expect(commands.count == 11)
    for command in commands {
      let result = try Self.shell(command, in: folder)
      #expect(result.status == 0 && !result.output.isEmpty, "\(command): \(result.errors)")
    }
    for file in ["results/first/report.html", "results/report.html", "digits.onnx"] {
      #expect(folder.has(file), "\(file)")
    }
  }

  @Test("the commands that train and export digits work one after another")
  func deploying() throws {
    let text = try Self.text("deploying")
    let first = try #require(text.components(separatedBy: "\n## What pruning gains").first)
    let commands = MarkdownBlock.all(in: first).flatMap(\.commands)
    #expect(commands.count == 3)
    let folder = try Self.repositoryCopy()
    for command in commands {
      let result = try Self.shell(command, in: folder)
      #expect(result.status == 0 && !result.output.isEmpty, "\(command): \(result.errors)")
    }
    for file in ["digits.onnx", "digits-int8.onnx"] {
      #expect(folder.has(file), "\(file)")
    }
  }

  @Test("the commands about image folders run on the document's experiment")
  func imageFolders() throws {
    let folder = try TemporaryFolder()
    let pictures = Command.repository.appendingPathComponent("Tests/DatasetsTests/Fixtures/pictures")
    for place in ["train/ant", "train/bee", "val/ant", "val/bee"] {
      let classFolder = folder.url.appendingPathComponent("data/photos/\(place)")
      try FileManager.default.createDirectory(at: classFolder, withIntermediateDirectories: true)
      for name in ["large.jpg", "colour.png"] {
        try FileManager.default.copyItem(
          at: pictures.appendingPathComponent(name), to: classFolder.appendingPathComponent(name))
      }
    }
    let blocks = MarkdownBlock.all(in: try Self.text("data"))
    let experiment = try #require(blocks.first { $0.language == "yaml" })
    try folder.write(experiment.text.utf8, to: "photos.yaml")
    let commands = blocks.flatMap(\.commands).filter { $0.hasPrefix("espalier ") }
    #expect(commands.count == 3)
    for command in commands {
      let result = try Self.shell(command, in: folder)
      #expect(result.status == 0 && !result.output.isEmpty, "\(command): \(result.errors)")
    }
  }

  /// What commands work on, in a folder of its own.
  private static func repositoryCopy() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path + "/results", withIntermediateDirectories: true)
    for name in ["experiments", "results/digits", "results/cifar10-resnet20-10ep"] {
      try FileManager.default.copyItem(
        at: Command.repository.appendingPathComponent(name), to: folder.url.appendingPathComponent(name))
    }
    return folder
  }

  /// Runs a command as a shell does that finds the program.
  private static func shell(_ command: String, in folder: TemporaryFolder) throws -> Command.Result {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return try Command.run(
      [], in: folder.url,
      environment: ["PATH": Command.program.deletingLastPathComponent().path + ":" + path],
      shell: "\(command); exit")
  }
}
