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

/// Reads the value of an option; a text that is none is an error with what was expected.
func reading<Value: Sendable>(
  _ expected: String, _ read: @escaping @Sendable (String) -> Value?
) -> @Sendable (String) throws -> Value {
  { argument in
    guard let value = read(argument) else { throw ValidationError("expected \(expected)") }
    return value
  }
}

/// Shows a warning as a line of text.
func showWarning(_ text: String) { printError("espalier: warning: \(text)") }

/// Prints why a command failed, and returns its exit status.
func ended(by error: any Error, _ status: ExitStatus) -> ExitStatus {
  printError("espalier: \(error)")
  return status
}

/// The same for a command on a single model.
func ended(by error: ToolError) -> ExitStatus {
  if case .failed = error { return ended(by: error, .failed) }
  return ended(by: error, .usage)
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
  ///   - threads: of the trainings, to warn of those that do not fit into memory
  /// - Throws: status 2 if there are errors.
  func load(
    _ files: [String], withoutDataset: Bool = false, model: String? = nil, threads: Int? = nil
  ) throws -> [ExperimentSpec] {
    try loadWithSources(files, withoutDataset: withoutDataset, model: model, threads: threads).specs
  }

  /// The experiment of a file that has only one.
  ///
  /// - Throws: status 2 if there are several, whose outputs would overwrite each other or be mixed.
  func loadOne(
    _ file: String, withoutDataset: Bool = false, model: String? = nil
  ) throws -> ExperimentSpec {
    let specs = try load([file], withoutDataset: withoutDataset, model: model)
    guard specs.count == 1, let spec = specs.first else {
      printError(
        "espalier: \(file) has \(specs.count) experiments; expected a file of one, such as a run's "
          + "results/<experiment>/experiment.yaml, or no matrix: `--set matrix=null`")
      throw ExitStatus.usage
    }
    return spec
  }

  /// As above, with the file of each experiment, by the experiment's name.
  ///
  /// - Parameter warn: shows a warning.
  func loadWithSources(
    _ files: [String], withoutDataset: Bool = false, model: String? = nil, threads: Int? = nil,
    warn: (String) -> Void = showWarning
  ) throws -> (specs: [ExperimentSpec], sources: [String: String]) {
    let (specs, sources, diagnostics, warnings) = ExperimentLoading.load(
      files, overrides: overrides, withoutDataset: withoutDataset, model: model, threads: threads)
    guard diagnostics.isEmpty else {
      for diagnostic in diagnostics { printError(diagnostic.description) }
      throw ExitStatus.usage
    }
    for warning in warnings { warn("\(warning)") }
    return (specs, sources)
  }
}

/// The model that a command reads.
struct ModelOptions: ParsableArguments {
  @Option(
    help: "The trained model, a safetensors or ONNX file. Default: the experiment's start weights.",
    completion: .file(), transform: path)
  var weights: String?
}

/// The results folder.
struct ResultsOptions: ParsableArguments {
  /// The folder if the option is not given.
  static let standard = "results"

  @Option(
    name: .customLong("results"),
    help: """
      Results folder, which has a folder for each experiment and the cache of trainings. \
      Default: \(ResultsOptions.standard).
      """,
    completion: .directory, transform: path)
  var folder = ResultsOptions.standard
}

/// Options of all commands that compute.
struct EngineOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: """
      Number of threads; it changes the speed, but no computed value. Default: one per available core, at most \
      \(Engine.maximumThreads) for each job.
      """
  )
  var threads: Int?

  /// - Parameter warn: shows a warning.
  func engine(warn: (String) -> Void = showWarning) throws -> Engine {
    try engine(threads: available, warn: warn)
  }

  /// An engine for each job. The jobs share the threads, at least one each.
  ///
  /// - Parameter warn: shows a warning.
  func engines(jobs: Int, warn: (String) -> Void) throws -> [Engine] {
    // An impossible number of threads is an error of its own.
    guard available >= 1, jobs > 1 else { return [try engine(warn: warn)] }
    return try (0..<jobs).map { job in
      try engine(threads: max(1, available / jobs + (job < available % jobs ? 1 : 0)), warn: warn)
    }
  }

  /// Threads of all jobs. The processes that mpirun has started on this machine share the cores.
  private var available: Int {
    threads
      ?? ProcessorLimit.share(
        processes: Launcher.processesOnMachine(ProcessInfo.processInfo.environment) ?? 1)
  }

  private func engine(threads wanted: Int, warn: (String) -> Void) throws -> Engine {
    // Only a number that the user gives may be impossible.
    let threads = self.threads == nil ? min(Engine.maximumThreads, wanted) : wanted
    let engine = try Self.engine(threads: threads)
    if engine.threads < threads {
      warn(
        "the system starts only \(engine.threads) of \(threads) threads, as under a limit on processes "
          + "(ulimit -u, pids.max); results are the same")
    }
    return engine
  }

  /// An engine for a command with an option of its own for threads.
  ///
  /// - Throws: status 2 for a number of threads, kernels or an algorithm that there are not.
  static func engine(threads: Int) throws -> Engine {
    do { return try Engine(threads: threads) } catch { throw usage(error) }
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
    printError("espalier: \(error)" + (meant.map { "; did you mean `\($0)`?" } ?? ""))
    return .usage
  }
}
