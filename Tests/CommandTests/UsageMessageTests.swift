import ArgumentParser
import Testing

@testable import espalier

@Suite("Messages about wrong usage")
struct UsageMessageTests {
  private func arguments(_ line: String) -> [String] { line.split(separator: " ").map(String.init) }

  private func message(_ line: String, _ problem: String = "Unexpected argument") -> String {
    UsageMessage(arguments(line), problem: problem).description
  }

  @Test(
    "name the command that was probably meant",
    arguments: [
      ("eval trial.yaml", "did you mean `espalier evaluate`?"), ("ls", "`espalier list` lists runs"),
      ("infer trial.yaml", "`espalier predict FILE"), ("test trial.yaml", "`espalier evaluate FILE"),
      ("cache ls", "did you mean `espalier cache list`?"),
      ("trial.yaml --fresh", "did you mean `espalier run trial.yaml`?"),
      ("--set seeds=[1] run trial.yaml", "options follow the command: `espalier run … --set`"),
    ])
  func commands(_ line: String, _ hint: String) {
    #expect(message(line).contains(hint))
  }

  @Test("list the commands where none is similar, without the hidden one")
  func unknown() {
    #expect(message("xyz").contains("commands: init, run, ") && !message("xyz").contains("manual"))
    #expect(message("cache xyz").contains("unknown command `xyz`; commands: list, prune"))
  }

  @Test("know that some commands take the results folder as their argument", arguments: ["list", "report"])
  func results(_ command: String) {
    #expect(
      message("\(command) --results r", "Unknown option '--results'")
        .contains("give the folder without an option, as in `espalier \(command) FOLDER`"))
  }

  @Test("list the values of an option in one line")
  func values() {
    let problem = """
      The value 'x' is invalid for '--sort <sort>'. Please provide one of the following:
        - top1
        - top5
        - macs
      """
    #expect(message("list --sort x", problem).contains(". Please provide one of 'top1', 'top5' or 'macs'. ("))
  }

  @Test(
    "say what an option expects",
    arguments: [
      ("submit trial.yaml --memory 2GB", "expected a size such as `800M` or `16G`"),
      ("submit trial.yaml --time 2h", "expected a time such as `90` (minutes), `2:30:00` or `1-12:00:00`"),
      ("submit trial.yaml --signal HUP@10", "expected TERM, USR1 or USR2 and seconds, such as `USR1@120`"),
      ("run trial.yaml --shard 4/3", "expected K/N with K from 1 to N, such as `2/4`"),
      ("cache prune --older-than 30", "expected an age in s, m, h, d or w, such as `12h` or `30d`"),
    ])
  func expectations(_ line: String, _ expected: String) {
    let error = #expect(throws: (any Error).self) { _ = try Espalier.parseAsRoot(arguments(line)) }
    #expect(error.map { Espalier.message(for: $0) }?.contains(expected) == true)
  }

  @Test("are given for neither name of check-gradients' output option", arguments: ["out", "output"])
  func output(_ name: String) throws {
    let line = "check-gradients trial.yaml --weights w --images i --\(name) o"
    #expect(try Espalier.parseAsRoot(arguments(line)) is CheckGradients)
  }
}
