import ArgumentParser
import Compute
import Experiments
import Foundation
import MessagePassing
import Specification

/// Output format, for people or programs.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json
}

/// An argument that names a file or a folder: an empty one, as of a variable that is not set, would
/// name the wrong one.
@Sendable func path(_ argument: String) throws -> String {
  guard !argument.isEmpty else { throw ValidationError("expected a path, found an empty text") }
  return argument
}

/// Prints why a command failed, and returns its exit status.
func ended(by error: ToolError) -> ExitStatus {
  complain("espalier: \(error)")
  if case .failed = error { return .failed }
  return .usage
}

/// Options that override keys of an experiment file.
struct ExperimentOptions: ParsableArguments {
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Overrides a key of the experiment, such as train.epochs=5. May be repeated.", valueName: "path=value"),
    completion: .settings)
  var overrides: [String] = []

  /// The experiments of the files, with suites expanded; prints warnings and errors.
  ///
  /// - Parameters:
  ///   - withoutDataset: whether to ignore the data set, because other images replace it
  ///   - model: a trained model, which then knows the number of classes
  /// - Throws: status 2 if there are errors.
  func load(
    _ files: [String], withoutDataset: Bool = false, model: String? = nil
  ) throws -> [ExperimentSpec] {
    try loadWithSources(files, withoutDataset: withoutDataset, model: model).specs
  }

  /// The experiment of a file that has only one.
  ///
  /// - Throws: status 2 if there are several, whose outputs would overwrite each other or be mixed.
  func loadOne(
    _ file: String, withoutDataset: Bool = false, model: String? = nil
  ) throws -> ExperimentSpec {
    let specs = try load([file], withoutDataset: withoutDataset, model: model)
    guard specs.count == 1, let spec = specs.first else {
      complain("espalier: \(file) has \(specs.count) experiments; expected a file of one")
      throw ExitStatus.usage
    }
    return spec
  }

  /// As above, with the file of each experiment, by the experiment's name.
  ///
  /// - Parameter warn: shows a warning.
  func loadWithSources(
    _ files: [String], withoutDataset: Bool = false, model: String? = nil,
    warn: (String) -> Void = { complain("espalier: warning: \($0)") }
  ) throws -> (specs: [ExperimentSpec], sources: [String: String]) {
    let (specs, sources, diagnostics, warnings) = ExperimentLoading.load(
      files, overrides: overrides, withoutDataset: withoutDataset, model: model)
    guard diagnostics.isEmpty else {
      for diagnostic in diagnostics { complain(diagnostic.description) }
      throw ExitStatus.usage
    }
    for warning in warnings { warn("\(warning)") }
    return (specs, sources)
  }
}

/// Options of all commands that compute.
struct EngineOptions: ParsableArguments {
  @Option(
    help: "Number of threads; results do not depend on it. Default: one per available core.")
  var threads: Int?

  func engine() throws -> Engine {
    try engine(threads: available)
  }

  /// An engine for each job. The jobs share the threads, at least one each.
  func engines(jobs: Int) throws -> [Engine] {
    // An impossible number of threads is an error of its own.
    guard available >= 1, jobs > 1 else { return [try engine()] }
    return try (0..<jobs).map { job in
      try engine(threads: max(1, available / jobs + (job < available % jobs ? 1 : 0)))
    }
  }

  /// As many engines of one thread as there are threads.
  func singleThreads() throws -> [Engine] {
    guard available >= 1, available <= Engine.maximumThreads else { return [try engine()] }
    return try (0..<available).map { _ in try engine(threads: 1) }
  }

  /// The processes that mpirun has started on this machine share the threads.
  private var available: Int {
    let processes = Launcher.processesOnMachine(ProcessInfo.processInfo.environment)
    return threads ?? max(1, ProcessorLimit.current.count / processes)
  }

  private func engine(threads: Int) throws -> Engine {
    do {
      let engine = try Engine(threads: threads)
      if engine.threads < threads {
        complain(
          "espalier: warning: the system starts only \(engine.threads) of \(threads) threads, as under a limit on "
            + "processes (ulimit -u, pids.max); results are the same")
      }
      return engine
    } catch {
      throw Self.usage(error)
    }
  }

  /// Checks the environment variables that choose an engine's kernels and algorithms, for commands
  /// that need none.
  static func checkEnvironment() throws {
    do { try Engine.checkEnvironment() } catch { throw usage(error) }
  }

  /// Prints the error with a suggestion.
  private static func usage(_ error: ComputeError) -> ExitStatus {
    let meant: String? =
      switch error {
      case .unknownConvolution(let name): nearestName(to: name, among: Engine.convolutionAlgorithms)
      case .unknownKernels(let name): nearestName(to: name, among: KernelClass.allCases.map(\.rawValue))
      default: nil
      }
    complain("espalier: \(error)" + (meant.map { "; did you mean `\($0)`?" } ?? ""))
    return .usage
  }
}
