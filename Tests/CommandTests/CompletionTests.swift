import Foundation
import TestSupport
import Testing

@Suite("Completions of shells")
struct CompletionTests {
  private struct Help: Decodable {
    struct Command: Decodable {
      var commandName: String
      var shouldDisplay: Bool
      var subcommands: [Command]?
    }
    var command: Command
  }

  /// Names of the commands in `--help`.
  private static func commands() throws -> [String] {
    let dump = try Command.run(["--experimental-dump-help"])
    let help = try JSONDecoder().decode(Help.self, from: Data(dump.output.utf8))
    return (help.command.subcommands ?? []).filter(\.shouldDisplay).map(\.commandName)
  }

  private static func script(_ shell: String) throws -> String {
    let result = try Command.run(["--generate-completion-script", shell])
    #expect(result.status == 0 && result.errors.isEmpty)
    return result.output
  }

  @Test(
    "know every command, files of experiments, and the names of data sets",
    arguments: ["bash", "zsh", "fish"])
  func scripts(_ shell: String) throws {
    let script = try Self.script(shell)
    let words = Set(script.split { !$0.isLetter && !$0.isNumber && $0 != "-" && $0 != "_" }.map(String.init))
    let commands = try Self.commands()
    #expect(commands.count > 15 && commands.contains("check-gradients"))
    #expect(words.isSuperset(of: commands), "\(Set(commands).subtracting(words))")
    // The scripts ask the program for the keys of settings.
    #expect(words.isSuperset(of: ["yaml", "yml", "cifar10", "image-folder", "resnet20", "---completion"]))
  }

  /// Completions that bash offers for the last word, by the installed script.
  private static func offered(_ words: [String]) throws -> [String] {
    let line = words.reduce(into: "") { line, word in
      line += (line.isEmpty || word == "=" || line.hasSuffix("=") ? "" : " ") + word
    }
    let script = """
      PATH='\(Command.program.deletingLastPathComponent().path)':$PATH
      source completion.bash
      compopt() { :; }
      COMP_WORDS=(\(words.map { "'\($0)'" }.joined(separator: " ")))
      COMP_CWORD=\(words.count - 1)
      COMP_LINE='\(line)'
      COMP_POINT=\(line.utf8.count)
      _espalier_joined espalier '\(words.last.map { $0 == "=" ? "" : $0 } ?? "")' '\(words.dropLast().last ?? "")'
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    let joined = try String(
      contentsOf: Command.repository.appendingPathComponent("scripts/completion.bash"), encoding: .utf8)
    let folder = try TemporaryFolder(texts: [
      "completion.bash": self.script("bash") + joined, "try.bash": script, "a.yaml": "", "b.txt": "",
    ])
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["try.bash"]
    process.currentDirectoryURL = folder.url
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return text.split(separator: "\n").map(String.init)
  }

  @Test("of bash give commands, files of experiments, keys, and the names that a key takes")
  func bash() throws {
    #expect(try Set(Self.offered(["espalier", ""])).isSuperset(of: Self.commands()))
    #expect(try Self.offered(["espalier", "run", ""]) == ["a.yaml"])
    let keys = try Self.offered(["espalier", "run", "a.yaml", "--set", "prune.s"])
    #expect(keys.contains("prune.scope=") && keys.allSatisfy { $0.hasPrefix("prune.s") })
    let criteria = try Self.offered(["espalier", "run", "a.yaml", "--set", "prune.criterion", "="])
    #expect(
      Set(criteria) == [
        "feature_relevance", "l1_norm", "l2_norm", "fpgm", "bn_scale", "taylor", "apoz", "random",
      ])
    let norms = try Self.offered(["espalier", "run", "a.yaml", "--set", "prune.criterion", "=", "l"])
    #expect(norms == ["l1_norm", "l2_norm"])
    #expect(
      try Self.offered(["espalier", "run", "a.yaml", "--set", "architecture.name", "=", "mob"]) == [
        "mobilenet_v2"
      ])
  }
}
