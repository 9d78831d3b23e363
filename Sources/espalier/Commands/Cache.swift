import ArgumentParser
import Experiments

struct Cache: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists and prunes the trainings that experiments share.",
    subcommands: [CacheList.self, CachePrune.self], defaultSubcommand: CacheList.self)
}

struct CacheList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract:
      "Lists cached trainings and what they begin with in common, the newest first, and who uses each.")

  @Option(help: "Folder of results whose cache it is.", completion: .directory, transform: path)
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
      "Removes cached trainings. Results stay. A removed training is done again when an experiment needs it.",
    discussion:
      "--unused and --older-than together remove what is both. A training that a run works at is not removed."
  )

  @Option(help: "Folder of results whose cache it is.", completion: .directory, transform: path)
  var results = "results"

  @Flag(help: "Removes what no experiment's last run has used.")
  var unused = false

  @Option(
    help: ArgumentHelp("Removes what was last written longer ago, such as 12h or 30d.", valueName: "age"))
  var olderThan: Age?

  @Flag(help: "Removes everything.")
  var all = false

  @Flag(help: "Only shows what would be removed.")
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
