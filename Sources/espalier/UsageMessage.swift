import ArgumentParser
import Experiments
import Specification

/// The error line for wrong usage: the problem, a suggestion if there is one, and where to find
/// help.
struct UsageMessage: CustomStringConvertible {
  let description: String

  /// - Parameters:
  ///   - arguments: of the command line, without the program's name.
  ///   - problem: ArgumentParser's message.
  init(_ arguments: [String], problem: String) {
    let path = Self.commands(arguments).map { $0._commandName }
    let line = Self.line(problem)
    let message =
      Self.unknownCommand(arguments) ?? Self.optionBeforeCommand(arguments)
      ?? Self.unknownOption(in: line, command: path.first ?? "") ?? line
    self.init(message, path)
  }

  /// For `espalier help NAME`; nil if there is such a command, and for other arguments.
  init?(help arguments: [String]) {
    let names = Array(arguments.dropFirst())
    guard arguments.first == "help", let message = Self.unknownCommand(names) else { return nil }
    self.init(message, Self.commands(names).map { $0._commandName })
  }

  private init(_ message: String, _ path: [String]) {
    let help = (["espalier"] + path + ["--help"]).joined(separator: " ")
    description = "espalier: \(message) (see \(help))"
  }

  /// ArgumentParser's message, which lists more than five values in lines of their own.
  private static func line(_ message: String) -> String {
    let bullet = "  - "
    let lines = message.split(separator: "\n")
    let values = lines.filter { $0.hasPrefix(bullet) }.map { "'\($0.dropFirst(bullet.count))'" }
    return lines.filter { !$0.hasPrefix(bullet) }.joined(separator: "; ")
      .replacing("one of the following:", with: "one of \(listed(values, "or")).")
  }

  /// The commands at the beginning of the arguments: `cache`, `prune`.
  private static func commands(_ arguments: [String]) -> [any ParsableCommand.Type] {
    var path: [any ParsableCommand.Type] = []
    for argument in arguments {
      let commands = (path.last ?? Espalier.self).configuration.subcommands
      guard let command = commands.first(where: { $0._commandName == argument }) else { break }
      path.append(command)
    }
    return path
  }

  // MARK: Commands

  private static func unknownCommand(_ arguments: [String]) -> String? {
    let found = commands(arguments)
    let possible = (found.last ?? Espalier.self).configuration.subcommands
    let names = possible.filter { $0.configuration.shouldDisplay }.map { $0._commandName }
    guard !names.isEmpty, let word = arguments.dropFirst(found.count).first, !word.hasPrefix("-"),
      word != "help"
    else { return nil }
    let start = arguments.prefix(found.count).map { $0 + " " }.joined()
    let isFile = found.isEmpty && (word.hasSuffix(".yaml") || word.hasSuffix(".yml"))
    let meant: String? =
      isFile
      ? "run " + shellQuoted(word)
      : nearestName(to: word, among: names) ?? onlyName(beginning: word, among: names)
    let hint = commandHabits[start + word] ?? meant.map { "did you mean `espalier \(start)\($0)`?" }
    return "unknown command \(quoted(word)); \(hint ?? "commands: \(names.joined(separator: ", "))")"
  }

  private static let commandHabits = [
    "train": "`espalier run FILE` trains", "resume": "`espalier run FILE` resumes automatically",
    "ls": "`espalier list` lists runs", "cache ls": "did you mean `espalier cache list`?",
    "cache rm": "did you mean `espalier cache prune`?", "cache clean": "did you mean `espalier cache prune`?",
    "test": "`espalier evaluate FILE --weights MODEL` measures a model on the test images",
    "infer": "`espalier predict FILE --weights MODEL PICTURE` classifies pictures",
    "prune": "`espalier run FILE` prunes while it trains; `espalier cache prune` removes cached trainings",
    "compare": "`espalier diff BASE CANDIDATE` compares results",
    "check": "`espalier validate FILE` checks a file",
    "clean": "`espalier cache prune` removes cached trainings",
  ]

  // MARK: Options

  /// Options belong to commands.
  private static func optionBeforeCommand(_ arguments: [String]) -> String? {
    let names = Espalier.configuration.subcommands.map { $0._commandName }
    guard let option = arguments.first, option.hasPrefix("--"),
      let command = arguments.first(where: { names.contains($0) })
    else { return nil }
    return "options follow the command: `espalier \(command) … \(option)`"
  }

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
    (["--results"], ["list"], "give the folder without an option, as in `espalier list FOLDER`"),
    (["--results"], ["report"], "give the folder without an option, as in `espalier report FOLDER`"),
    (["--gpu", "--device", "--cuda"], ofExperiments, "networks are computed on the processor"),
  ]
}
