import ArgumentParser
import Compute
import Experiments
import Foundation
import MessagePassing
import Reports
import Specification
import Synchronization

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains the baseline and the pruned network of each experiment, and writes reports.",
    discussion:
      "Resumes automatically from the last checkpoint. Ctrl-C saves the state; the same command resumes.")

  @Argument(help: "Experiment or suite files.", completion: .experimentFiles)
  var files: [String]

  @OptionGroup var experiment: ExperimentOptions

  @OptionGroup var results: ResultsOptions

  @OptionGroup var compute: EngineOptions

  @Flag(help: "Starts over instead of resuming from checkpoints.")
  var fresh = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Time between checkpoints within an epoch; there is always one after every epoch.",
      valueName: "seconds"))
  var checkpointInterval = 120.0

  @Option(help: "How to show progress: auto, plain, json or none.")
  var progress: ProgressMode = .auto

  @Option(parsing: .unconditional, help: "Number of trainings to run in parallel, which share the threads.")
  var jobs = 1

  @Flag(help: "Stops all trainings when one experiment fails.")
  var failFast = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Runs the K-th of N shards of the trainings, without reports; a final run without this option writes them.",
      valueName: "K/N"),
    transform: reading("K/N with K from 1 to N, such as `2/4`") { Shard($0) })
  var shard: Shard?

  func validate() throws {
    guard (1...Engine.maximumThreads).contains(jobs) else {
      throw ValidationError("--jobs must be from 1 to \(Engine.maximumThreads)")
    }
    guard checkpointInterval >= 0, checkpointInterval <= 1e9 else {
      throw ValidationError("--checkpoint-interval must be from 0 to 1000000000 seconds")
    }
  }

  func run() throws {
    let group: ProcessGroup
    do { group = try ProcessGroup.joined(ProcessInfo.processInfo.environment) } catch {
      throw ended(by: error, .failed)
    }
    guard group.rank == 0 else { return try follow(group) }
    defer {
      group.sendEnd()
      group.leave()
    }
    try lead(group)
  }

  /// Trains together with process 0, which alone reports errors that all processes have.
  private func follow(_ group: ProcessGroup) throws {
    let loaded = ExperimentLoading.load(files, overrides: experiment.overrides)
    let printer = ProgressPrinter(mode: progress == .json ? .json : .none)
    let engine = loaded.diagnostics.isEmpty ? try? compute.engine { warn($0, printer) } : nil
    guard !group.any(engine == nil), let engine else {
      group.waitForEnd()
      return group.leave()
    }
    let interruption = Interruption()
    interruption.listen()
    do {
      try TrainingFollower(
        loaded.specs, engine: engine, group: group, interruption: interruption, progress: printer
      ).run()
    } catch {
      printError("espalier: process \(group.rank): \(error)")
      group.abort(status: ExitStatus.failed.rawValue)
    }
    group.leave()
  }

  /// Shows a warning about no training, as JSON if progress is shown as JSON.
  private func warn(_ text: String, _ printer: ProgressPrinter) {
    if progress == .json { printer.show(.warning(text)) } else { showWarning(text) }
  }

  private func check(_ specs: [ExperimentSpec], _ group: ProcessGroup) throws {
    guard group.count > 1 else { return }
    guard jobs == 1 else {
      printError(
        "espalier: --jobs is \(jobs), but the processes of mpirun run one training at a time together")
      throw ExitStatus.usage
    }
    for spec in specs where !spec.train.shards.isMultiple(of: group.count) {
      printError(
        "espalier: \(spec.name): train.shards is \(spec.train.shards), expected a multiple of the \(group.count) "
          + "processes that mpirun started")
      throw ExitStatus.usage
    }
  }

  private func lead(_ group: ProcessGroup) throws {
    let printer = ProgressPrinter(mode: progress)
    let ready = Result {
      let loaded = try experiment.loadWithSources(files) { warn($0, printer) }
      return (loaded, engines: try compute.engines(jobs: jobs) { warn($0, printer) })
    }
    let isIncomplete = group.any((try? ready.get()) == nil)
    let ((specs, sources), engines) = try ready.get()
    guard !isIncomplete else {
      printError(
        "espalier: a process of mpirun cannot begin; all of them need the same files at the same paths, and threads"
      )
      throw ExitStatus.usage
    }
    try check(specs, group)
    let interruption = Interruption()
    interruption.listen()
    let runner = ExperimentRunner(
      engines: engines, results: results.folder, fresh: fresh, failFast: failFast,
      checkpointInterval: .seconds(checkpointInterval),
      // Of the reports, which a shard does not write.
      commits: shard == nil ? GitState.states(of: sources) : [:],
      group: group, progress: printer, interruption: interruption)
    if let shard { return try run(shard, of: specs, runner, printer, interruption) }
    let failures = FailureMessages(progress)
    let outcomes = runner.run(specs) { outcome in
      let files = runner.reportFiles(of: outcome.spec)
      let report = try? outcome.result.get()
      printer.pausing {
        if let report {
          print(report.table(columns: outputColumns()))
          print("\nreport: \(visible(files.page))\n        \(visible(files.report))")
          if specs.count > 1 { print() }
        }
        failures.show(outcome)
      }
      printer.show(
        .experimentEnded(
          experiment: outcome.spec.name, report: report == nil ? nil : files.report,
          problem: outcome.failure.map { "\($0)" }))
    }
    if outcomes.count > 1 {
      print(SuiteSummary(outcomes).text(columns: outputColumns()))
      if outcomes.contains(where: { $0.failure == nil }) {
        print("one page over all: espalier report \(visible(shellQuoted(results.folder)))")
      }
    }
    if interruption.isRequested, let first = outcomes.first(where: { $0.failure?.isInterruption ?? false }) {
      failures.show("\(first.spec.name): interrupted; the state is saved, the same command resumes from it")
      throw ExitStatus.interrupted
    }
    if outcomes.contains(where: { $0.failure != nil }) { throw ExitStatus.failed }
    if outcomes.contains(where: \.isMissed) { throw ExitStatus.checkFailed }
  }

  private func run(
    _ shard: Shard, of specs: [ExperimentSpec], _ runner: ExperimentRunner, _ printer: ProgressPrinter,
    _ interruption: Interruption
  ) throws {
    let failures = FailureMessages(progress)
    let outcome = runner.run(specs, shard: shard) { outcome in
      printer.pausing { failures.show(outcome) }
      if let failure = outcome.failure {
        printer.show(.experimentEnded(experiment: outcome.spec.name, report: nil, problem: "\(failure)"))
      }
    }
    printer.clear()
    print(outcome.text)
    if interruption.isRequested, outcome.left > 0 {
      failures.show("interrupted; the state is saved, the same command resumes from it")
      throw ExitStatus.interrupted
    }
    if outcome.left > 0 { throw ExitStatus.failed }
  }
}

/// Reports why experiments failed; a common cause, such as missing data, once.
private final class FailureMessages: Sendable {
  private let shown = Mutex<Set<String>>([])
  private let progress: ProgressMode

  init(_ progress: ProgressMode) { self.progress = progress }

  /// With JSON, events say it.
  func show(_ text: String) {
    if progress != .json { printError("espalier: \(text)") }
  }

  /// Whether the failure concerns files or the machine instead of one training.
  private static func isShared(_ failure: RunError) -> Bool {
    switch failure {
    case .data, .model, .memory, .storage: true
    case .training, .inUse: false
    }
  }

  func show(_ outcome: ExperimentOutcome) {
    guard let failure = outcome.failure, !failure.isInterruption else { return }
    let isNew = shown.withLock { $0.insert("\(failure)").inserted }
    guard isNew || !Self.isShared(failure) else { return }
    show("\(outcome.spec.name): \(failure)")
  }
}

extension ProgressMode: ExpressibleByArgument {}
