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

  @Test("about help name the command whose subcommands there are")
  func help() {
    #expect(
      UsageMessage(help: arguments("help cache xyz"))?.description
        == "espalier: unknown command `xyz`; commands: list, prune (see espalier cache --help)")
    #expect(UsageMessage(help: arguments("help cache list")) == nil)
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

  /// The message for wrong arguments; nil, and an issue, if they are right.
  private func refusal(_ line: String) -> String? {
    let error = #expect(throws: (any Error).self) { _ = try Espalier.parseAsRoot(arguments(line)) }
    return error.map { Espalier.message(for: $0) }
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
    #expect(refusal(line)?.contains(expected) == true)
  }

  @Test(
    "say which numbers are possible where one is negative, and not that it is missing",
    arguments: [
      ("run trial.yaml --checkpoint-interval -1", "--checkpoint-interval must be from 0 to "),
      ("run trial.yaml --jobs -1", "--jobs must be from 1 to "),
      ("run trial.yaml --shard -1/3", "expected K/N with K from 1 to N"),
      ("bench --batch -1", "--batch must be from 1 "), ("bench --seconds -1", "--seconds must be from 0 "),
      ("bench --decode photos --size -1", "--size must be from 1 "),
      ("predict trial.yaml 1.png --top -1", "--top must be at least 1"),
      ("submit trial.yaml --threads -1", "--threads must be from 1 to "),
      ("submit trial.yaml --limit -1", "--limit must be above 0"),
      ("submit trial.yaml --memory -1G", "expected a size "),
      ("submit trial.yaml --time -5", "expected a time "),
      ("sensitivity trial.yaml --ratios -0.1", "expected increasing numbers above 0 "),
      ("cache prune --older-than -1d", "expected an age "),
    ])
  func negative(_ line: String, _ expected: String) {
    #expect(refusal(line)?.contains(expected) == true)
  }

  @Test("about a negative number of threads are the engine's")
  func negativeThreads() throws {
    let command = try Espalier.parseAsRoot(arguments("doctor --threads -1"))
    #expect((command as? Doctor)?.compute.threads == -1)
  }

  @Test("are given for neither name of check-gradients' output option", arguments: ["out", "output"])
  func output(_ name: String) throws {
    let line = "check-gradients trial.yaml --weights w --images i --\(name) o"
    #expect(try Espalier.parseAsRoot(arguments(line)) is CheckGradients)
  }
}
