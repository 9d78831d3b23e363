import ArgumentParser
import Compute
import Experiments
import Foundation
import Specification

/// Output for people or for programs.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json
}

/// Options that change what an experiment file says.
struct ExperimentOptions: ParsableArguments {
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Overrides a key of the experiment, as train.epochs=5. May be repeated.", valueName: "path=value"))
  var overrides: [String] = []

  /// The files' experiments, suites expanded; complains about everything that is wrong, then ends with status 2.
  func load(_ files: [String], invalid: ExitStatus = .usage) throws -> [ExperimentSpec] {
    let (specs, diagnostics) = ExperimentLoading.load(files, overrides: overrides)
    guard diagnostics.isEmpty else {
      for diagnostic in diagnostics { complain(diagnostic.description) }
      throw invalid
    }
    return specs
  }
}

/// Options of everything that computes.
struct EngineOptions: ParsableArguments {
  @Option(help: "Threads to compute with; results do not depend on it. Default: one for each core.")
  var threads: Int?

  func engine() throws -> Engine {
    do {
      return try Engine(threads: threads ?? ProcessInfo.processInfo.activeProcessorCount)
    } catch {
      complain("espalier: \(error)")
      throw ExitStatus.usage
    }
  }
}
