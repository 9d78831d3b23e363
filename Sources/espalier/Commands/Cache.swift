import ArgumentParser
import Experiments

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

  @Option(help: "Results folder that has the cache.", completion: .directory, transform: path)
  var results = "results"

  @Option(help: "text or json.")
  var format: OutputFormat = .text

  func run() {
    let listing = CacheListing(results: results)
    print(format == .json ? listing.json() : listing.text())
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

  @Option(help: "Results folder that has the cache.", completion: .directory, transform: path)
  var results = "results"

  @Flag(help: "Deletes trainings that no experiment's last run has used.")
  var unused = false

  @Option(
    help: ArgumentHelp(
      "Deletes trainings last written longer ago than this, such as 12h or 30d.", valueName: "age"))
  var olderThan: Age?

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
    do {
      let pruning = try CachePruning(
        results: results, unusedOnly: unused, minimumAge: olderThan?.seconds ?? 0, isDry: dryRun)
      print(format == .json ? pruning.json() : pruning.text(isDry: dryRun))
    } catch {
      complain("espalier: \(error)")
      throw ExitStatus.failed
    }
  }
}

/// A time span: a whole number and one of the letters s, m, h, d, w.
struct Age: ExpressibleByArgument {
  let seconds: Int

  init?(argument: String) {
    let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
    guard let unit = argument.last.flatMap({ units[$0] }), let count = Int(argument.dropLast()), count >= 0
    else {
      return nil
    }
    let (seconds, overflow) = count.multipliedReportingOverflow(by: unit)
    guard !overflow else { return nil }
    self.seconds = seconds
  }
}
