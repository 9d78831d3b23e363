import ArgumentParser
import Experiments
import Foundation

struct Cache: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists and deletes cached trainings, which experiments share.",
    subcommands: [CacheList.self, CachePrune.self], defaultSubcommand: CacheList.self)
}

struct CacheList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract:
      "Lists cached trainings and shared beginnings, newest first, and the experiments that use them.")

  @OptionGroup var results: ResultsOptions

  @Option(help: "text or json.")
  var format: OutputFormat = .text

  func run() throws {
    try check(results.folder)
    do {
      let listing = try CacheListing(results: results.folder)
      for problem in listing.problems { showWarning(problem) }
      print(format == .json ? listing.json() : listing.text())
    } catch {
      throw ended(by: error, .failed)
    }
  }
}

struct CachePrune: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune",
    abstract:
      "Deletes cached trainings, but no results. A deleted training is repeated when an experiment needs it.",
    discussion:
      "--unused and --older-than together delete trainings that are both. Trainings in use by a run are not deleted."
  )

  @OptionGroup var results: ResultsOptions

  @Flag(help: "Deletes trainings that no experiment's last run has used.")
  var unused = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Deletes trainings last written longer ago than this, such as 12h or 30d.", valueName: "age"),
    transform: reading("an age in s, m, h, d or w, such as `12h` or `30d`", seconds))
  var olderThan: Int?

  @Flag(help: "Deletes all trainings.")
  var all = false

  @Flag(help: "Only shows what would be deleted.")
  var dryRun = false

  @Option(help: "text or json.")
  var format: OutputFormat = .text

  func validate() throws {
    guard all != (unused || olderThan != nil) else {
      throw ValidationError("expected --unused, --older-than or both, or else --all")
    }
  }

  func run() throws {
    try check(results.folder)
    let pruning: CachePruning
    do {
      pruning = try CachePruning(
        results: results.folder, unusedOnly: unused, minimumAge: olderThan ?? 0, isDry: dryRun
      ) { printError("espalier: \($0)") }
    } catch {
      throw ended(by: error, .failed)
    }
    for problem in pruning.problems { showWarning(problem) }
    print(format == .json ? pruning.json() : pruning.text(isDry: dryRun))
    for failure in pruning.failures { printError("espalier: \(failure)") }
    if !pruning.failures.isEmpty { throw ExitStatus.failed }
  }
}

/// - Throws: status 2 for a folder that does not exist, except the one that the first run makes.
private func check(_ results: String) throws {
  guard results != ResultsOptions.standard, !FileManager.default.fileExists(atPath: results) else { return }
  printError("espalier: \(results): does not exist; expected a results folder")
  throw ExitStatus.usage
}

/// The seconds of a time span: a whole number and one of the letters s, m, h, d, w.
@Sendable private func seconds(_ text: String) -> Int? {
  let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
  guard let unit = text.last.flatMap({ units[$0] }), let count = Int(text.dropLast()), count >= 0 else {
    return nil
  }
  let (seconds, overflow) = count.multipliedReportingOverflow(by: unit)
  return overflow ? nil : seconds
}
