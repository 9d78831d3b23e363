import Foundation
import Testing

/// The commands in the documents about reports and editors.
@Suite("Documented commands")
struct DocumentCommandTests {
  /// Lines of `sh` blocks.
  private static func commands(_ document: String) throws -> [String] {
    let file = Command.repository.appendingPathComponent("docs/\(document).md")
    return try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n```sh\n").dropFirst()
      .flatMap { $0.components(separatedBy: "\n```")[0].split(separator: "\n").map(String.init) }
  }

  @Test(
    "every command runs and ends with 0",
    arguments: ["reading-reports", "diffing-in-ci", "editor-setup", "pruning", "reproduction"])
  func commands(_ document: String) throws {
    let commands = try Self.commands(document)
    #expect(!commands.isEmpty)
    let folder = try Self.repositoryCopy()
    defer { try? FileManager.default.removeItem(at: folder) }
    for command in commands {
      try #require(command.hasPrefix("espalier "), "\(command)")
      let result = try Self.shell(command, in: folder)
      #expect(result.status == 0, "\(command): \(result.errors)")
      #expect(!result.output.isEmpty || command.contains(" > "), "\(command)")
    }
  }

  @Test("a stranger's first commands work one after another, up to those that need data to be fetched")
  func gettingStarted() throws {
    let file = Command.repository.appendingPathComponent("docs/getting-started.md")
    let text = try String(contentsOf: file, encoding: .utf8)
    let first = try #require(text.components(separatedBy: "\n## Real data").first)
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "espalier-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let study = try #require(
      first.components(separatedBy: "```yaml\n").last?.components(separatedBy: "```").first)
    try study.write(to: folder.appendingPathComponent("study.yaml"), atomically: true, encoding: .utf8)
    let commands = first.split(separator: "\n").filter { $0.hasPrefix("espalier ") }.map(String.init)
    #expect(commands.count == 11)
    for command in commands {
      let result = try Self.shell(command, in: folder)
      #expect(result.status == 0 && !result.output.isEmpty, "\(command): \(result.errors)")
    }
    for file in ["results/first/report.html", "results/report.html", "digits.onnx"] {
      #expect(FileManager.default.fileExists(atPath: folder.appendingPathComponent(file).path), "\(file)")
    }
  }

  @Test("the commands about image folders run on the document's experiment")
  func imageFolders() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "espalier-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let pictures = Command.repository.appendingPathComponent("Tests/DatasetsTests/Fixtures/pictures")
    for place in ["train/ant", "train/bee", "val/ant", "val/bee"] {
      let classFolder = folder.appendingPathComponent("data/photos/\(place)")
      try FileManager.default.createDirectory(at: classFolder, withIntermediateDirectories: true)
      for name in ["large.jpg", "colour.png"] {
        try FileManager.default.copyItem(
          at: pictures.appendingPathComponent(name), to: classFolder.appendingPathComponent(name))
      }
    }
    let text = try String(
      contentsOf: Command.repository.appendingPathComponent("docs/data.md"), encoding: .utf8)
    let experiment = try #require(text.components(separatedBy: "```yaml\n").dropFirst().first)
    try experiment.components(separatedBy: "```")[0].write(
      to: folder.appendingPathComponent("photos.yaml"), atomically: true, encoding: .utf8)
    let commands = try Self.commands("data").filter { $0.hasPrefix("espalier ") }
    #expect(commands.count == 3)
    for command in commands {
      let result = try Self.shell(command, in: folder)
      #expect(result.status == 0 && !result.output.isEmpty, "\(command): \(result.errors)")
    }
  }

  /// What commands work on, in a folder of its own.
  private static func repositoryCopy() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "espalier-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: folder.appendingPathComponent("results"), withIntermediateDirectories: true)
    for name in ["experiments", "results/digits", "results/cifar10-resnet20-10ep"] {
      try FileManager.default.copyItem(
        at: Command.repository.appendingPathComponent(name), to: folder.appendingPathComponent(name))
    }
    return folder
  }

  private static func shell(_ command: String, in folder: URL) throws -> (
    status: Int32, output: String, errors: String
  ) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", "(\(command)) > output.txt 2> errors.txt"]
    process.currentDirectoryURL = folder
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    process.environment = ProcessInfo.processInfo.environment.merging([
      "PATH": Command.program.deletingLastPathComponent().path + ":" + path
    ]) { $1 }
    try process.run()
    process.waitUntilExit()
    func text(_ name: String) throws -> String {
      try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }
    return (process.terminationStatus, try text("output.txt"), try text("errors.txt"))
  }
}
