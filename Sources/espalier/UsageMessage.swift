import ArgumentParser
import Specification

/// The error line for wrong usage: the problem, a suggestion if there is one, and where to find
/// help.
struct UsageMessage: CustomStringConvertible {
  let description: String

  /// - Parameters:
  ///   - arguments: of the command line, without the program's name.
  ///   - problem: ArgumentParser's message.
  init(_ arguments: [String], problem: String) {
    let path = Self.commandPath(arguments)
    let lines = problem.split(separator: "\n").joined(separator: "; ")
    let message =
      Self.unknownCommand(arguments) ?? Self.unknownOption(in: lines, command: path.first ?? "") ?? lines
    let help = (["espalier"] + path + ["--help"]).joined(separator: " ")
    description = "espalier: \(message) (see \(help))"
  }

  /// The commands at the beginning of the arguments: `cache`, `prune`.
  private static func commandPath(_ arguments: [String]) -> [String] {
    var path: [String] = []
    var commands = Espalier.configuration.subcommands
    for argument in arguments {
      guard let command = commands.first(where: { $0._commandName == argument }) else { break }
      path.append(argument)
      commands = command.configuration.subcommands
    }
    return path
  }

  // MARK: Commands

  /// The problem of `espalier help NAME`; nil if there is none.
  static func unknownHelp(_ arguments: [String]) -> String? {
    guard arguments.first == "help" else { return nil }
    return unknownCommand(Array(arguments.dropFirst()))
  }

  private static func unknownCommand(_ arguments: [String]) -> String? {
    let names = Espalier.configuration.subcommands.map { $0._commandName }
    guard let first = arguments.first, !first.hasPrefix("-"), first != "help", !names.contains(first) else {
      return nil
    }
    let hint =
      commandHabits[first] ?? nearestName(to: first, among: names).map { "did you mean `espalier \($0)`?" }
    return "unknown command \(quoted(first)); \(hint ?? "commands: \(names.joined(separator: ", "))")"
  }

  private static let commandHabits = [
    "train": "`espalier run FILE` trains", "resume": "`espalier run FILE` resumes automatically",
    "prune": "`espalier run FILE` prunes while it trains; `espalier cache prune` removes cached trainings",
    "compare": "`espalier diff BASE CANDIDATE` compares results",
    "check": "`espalier validate FILE` checks a file",
    "clean": "`espalier cache prune` removes cached trainings",
  ]

  // MARK: Options

  private static func unknownOption(in message: String, command: String) -> String? {
    guard let name = message.firstMatch(of: /Unknown option '([^']+)'/)?.1 else { return nil }
    let habits = optionHabits.first { $0.commands.contains(command) && $0.names.contains(String(name)) }
    return habits.map { "Unknown option '\(name)': \($0.hint)" }
  }

  private static let ofExperiments: Set = ["run", "plan", "validate", "score", "sensitivity"]
  private static let ofRuns: Set = ["run", "sensitivity"]

  private static let resuming: Set = [
    "--resume", "--continue", "-r", "--overwrite", "--force", "--restart",
  ]

  /// Options of other tools, and their equivalents here.
  private static let optionHabits: [(names: Set<String>, commands: Set<String>, hint: String)] = [
    (["--epochs", "--epoch", "-e"], ofExperiments, "write `--set train.epochs=N`"),
    (["--batch-size", "--batch", "-b"], ofExperiments, "write `--set train.batch_size=N`"),
    (["--lr", "--learning-rate"], ofExperiments, "write `--set train.optimizer.learning_rate=X`"),
    (["--seed", "--seeds"], ofExperiments, "write `--set 'seeds=[N]'`"),
    (
      ["--dataset", "--data"], ofExperiments, "write `--set dataset.name=NAME` or `--set dataset.path=FOLDER`"
    ),
    (["--model", "--arch", "--architecture"], ofExperiments, "write `--set architecture.name=NAME`"),
    (
      ["--config", "-c", "-f", "--file"], ofExperiments,
      "give the file without an option, as in `espalier run FILE`"
    ),
    (resuming, ["run"], "a run resumes automatically; `run --fresh` starts over"),
    (resuming, ["sensitivity"], "the same command resumes"),
    (["--quiet", "-q", "--silent"], ofRuns, "write `--progress none`"),
    (["--verbose", "-v"], ofRuns, "write `--progress plain`"),
    (["-j"], ["run"], "write `--jobs N` for trainings at the same time, `--threads N` for threads"),
    (["-j", "--workers", "--num-workers"], ofRuns, "write `--threads N`"),
    (["-o", "--output", "--output-dir", "--out"], ofRuns, "write `--results FOLDER`"),
    (["--dry-run", "-n"], ["run"], "`espalier plan FILE` shows what a run would do"),
    (["--gpu", "--device", "--cuda"], ofExperiments, "networks are computed on the processor"),
  ]
}
