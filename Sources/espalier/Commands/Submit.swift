import ArgumentParser
import Compute
import Experiments
import Foundation
import Specification

struct Submit: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs a suite on a cluster: as a Slurm job array, or by manifests of a Kubernetes Indexed Job.",
    discussion: """
      Each task runs one shard of the suite's trainings; a job after them writes the reports. Limits that neither options nor \
      cluster.yaml set are predicted: twice the time of the longest task and ten minutes, and 1.25 times its memory and 256 MiB.
      """)

  enum Cluster: String, ExpressibleByArgument, CaseIterable { case slurm, kubernetes }

  @Argument(help: "Experiment or suite files.", completion: .experimentFiles)
  var files: [String]

  @OptionGroup var experiment: ExperimentOptions

  @OptionGroup var results: ResultsOptions

  @Option(help: "slurm, or kubernetes, for which manifests are written.")
  var to: Cluster = .slurm

  @OptionGroup var cluster: ClusterOptions

  @Flag(help: "Only prints scripts and commands, or the manifests.")
  var dryRun = false

  @Flag(help: "Shows the progress of the suite.")
  var status = false

  func validate() throws {
    guard !(status && dryRun) else { throw ValidationError("--status cannot be combined with --dry-run") }
    guard !status || to == .slurm else {
      throw ValidationError("--status is for Slurm; use kubectl for Kubernetes jobs")
    }
    try cluster.check(for: to)
  }

  func run() throws {
    let specs = try experiment.load(files)
    let profile = try cluster.merged()
    let threads = profile.threads ?? ProcessorLimit.current.defaultThreads
    let engine = try EngineOptions.engine(threads: threads)
    // Tasks have these threads even if this machine starts fewer.
    let command = SuiteCommand(
      program: Bundle.main.executablePath ?? CommandLine.arguments[0],
      workingFolder: FileManager.default.currentDirectoryPath, files: files,
      overrides: experiment.overrides, results: results.folder, threads: threads)
    let tasks = SuiteTasks(specs, results: results.folder, engine: engine)
    for problem in tasks.problems {
      showWarning("what is trained already is not known here: \(problem)")
    }
    do {
      if status { return try showStatus(tasks, command) }
      switch to {
      case .slurm: try submit(specs, command, tasks, profile, engine)
      case .kubernetes: try writeManifest(specs, command, tasks, profile, engine)
      }
    } catch let error as RunError {
      throw ended(by: error, .failed)
    }
  }

  private func showStatus(_ tasks: SuiteTasks, _ command: SuiteCommand) throws {
    let record = try SubmissionRecord.read(in: command.folder)
    if record == nil { showWarning("these files were not submitted to Slurm from here") }
    let status = SubmissionStatus(tasks, record: record)
    if let warning = status.warning { showWarning(warning) }
    print(status.text())
  }

  // MARK: Slurm

  private func submit(
    _ specs: [ExperimentSpec], _ command: SuiteCommand, _ tasks: SuiteTasks, _ profile: ClusterProfile,
    _ engine: Engine
  ) throws {
    let folder = command.folder.hasPrefix("/") ? command.folder : "\(command.workingFolder)/\(command.folder)"
    let resources = try resources(specs, command, tasks, profile, engine)
    let script = SlurmScript(
      command: command, folder: folder, resources: resources, setup: profile.setup, slurm: profile.slurm,
      shards: tasks.count)
    try check(resources.time, against: script.signal)
    let submission = SlurmSubmission(script, tasks: tasks.open, limit: profile.limit)
    print(dryRun ? submission.text() : try submission.submit().text)
  }

  /// Refuses a limit at which tasks would be signalled at once, and queued again for ever.
  private func check(_ time: TimeLimit, against signal: EarlySignal) throws {
    guard time.minutes * 60 > signal.seconds else {
      printError(
        "espalier: the time limit \(time) leaves no time before the signal \(signal); "
          + "expected a longer --time, or fewer seconds in --signal")
      throw ExitStatus.usage
    }
  }

  /// Resources from options and profile, or else from a prediction with a margin.
  private func resources(
    _ specs: [ExperimentSpec], _ command: SuiteCommand, _ tasks: SuiteTasks, _ profile: ClusterProfile,
    _ engine: Engine
  ) throws -> TaskResources {
    if let memory = profile.memory, let time = profile.time {
      return TaskResources(threads: command.threads, memory: memory, time: time)
    }
    let plan: SuitePlan
    do { plan = try SuitePlan(specs, results: results.folder, engine: engine, calibrates: true) } catch {
      throw ended(by: error, .usage)
    }
    for warning in plan.warnings { showWarning(warning) }
    guard
      let memory = profile.memory
        ?? plan.predictedPeakMebibytes.map({ TaskResources.memory(predictedMebibytes: $0) }),
      let time = profile.time
        ?? (tasks.open.isEmpty ? 0 : tasks.longest(by: plan)).map({ TaskResources.time(predictedSeconds: $0) }
        )
    else {
      printError("espalier: time and memory cannot be predicted; expected --time and --memory")
      throw ExitStatus.usage
    }
    return TaskResources(threads: command.threads, memory: memory, time: time)
  }

  // MARK: Kubernetes

  private func writeManifest(
    _ specs: [ExperimentSpec], _ command: SuiteCommand, _ tasks: SuiteTasks, _ profile: ClusterProfile,
    _ engine: Engine
  ) throws {
    var profile = profile
    // Pods have no time limit.
    profile.time = profile.time ?? TimeLimit(minutes: 1)
    let job = KubernetesJob(
      command: command, specs: specs, memory: try resources(specs, command, tasks, profile, engine).memory,
      setup: profile.setup, kubernetes: profile.kubernetes, shards: tasks.count, limit: profile.limit)
    guard job.configurationBytes < KubernetesJob.largestConfiguration else {
      printError("espalier: the experiments take more than the 1 MiB of a ConfigMap; submit fewer at once")
      throw ExitStatus.usage
    }
    if !KubernetesJob.keeps(results.folder) {
      showWarning(
        "results in \(results.folder) are lost with the pods, whose volume is \(KubernetesJob.workingFolder)")
    }
    print(dryRun ? job.text : try job.write(to: command.folder), terminator: dryRun ? "" : "\n")
  }
}

/// Options of the cluster, which override those of the profile.
struct ClusterOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Settings of the cluster. Default: cluster.yaml, if it exists.", valueName: "file"),
    completion: .experimentFiles)
  var profile: String?

  @Option(parsing: .unconditional, help: "Threads of each task. Default: the cores of this machine.")
  var threads: Int?

  @Option(
    parsing: .unconditional, help: "Memory of each task, such as 800M or 16G.",
    transform: reading(MemorySize.expectation) { MemorySize($0) })
  var memory: MemorySize?

  @Option(
    parsing: .unconditional,
    help: "Time limit of each task, in Slurm's format: 90 (minutes), 2:30:00 or 1-12:00:00.",
    transform: reading(TimeLimit.expectation) { TimeLimit($0) })
  var time: TimeLimit?

  @Option(parsing: .unconditional, help: "Largest number of tasks that run at the same time.")
  var limit: Int?

  @Option(
    help: ArgumentHelp(
      "A shell command to run before the program, such as 'module load openblas'. May be repeated.",
      valueName: "line"))
  var setup: [String] = []

  @Option(help: "Slurm: partition.")
  var partition: String?

  @Option(help: "Slurm: account.")
  var account: String?

  @Option(
    help:
      "Slurm: signal before the time limit (TERM, USR1 or USR2) and the seconds before it. Default: USR1@120, or halfway through a limit below four minutes.",
    transform: reading(EarlySignal.expectation) { EarlySignal($0) })
  var signal: EarlySignal?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Slurm: another option, such as --qos=long. May be repeated.", valueName: "option"))
  var sbatch: [String] = []

  @Option(help: "Kubernetes: image with the program. Default: \(KubernetesJob.image).")
  var image: String?

  @Option(help: "Kubernetes: namespace.")
  var namespace: String?

  @Option(help: "Kubernetes: volume claim with data and results. Default: \(KubernetesJob.claim).")
  var claim: String?

  func check(for cluster: Submit.Cluster) throws {
    guard threads.map((1...Engine.maximumThreads).contains) ?? true else {
      throw ValidationError("--threads must be from 1 to \(Engine.maximumThreads)")
    }
    guard limit.map({ $0 > 0 }) ?? true else { throw ValidationError("--limit must be above 0") }
    for text in setup + sbatch + [partition, account, image, namespace, claim].compactMap({ $0 })
    where text.isEmpty || text.contains(where: \.isNewline) {
      throw ValidationError("expected a text of one line")
    }
    for option in sbatch where !option.hasPrefix("-") {
      throw ValidationError("--sbatch: expected an option of sbatch, such as --qos=long, found `\(option)`")
    }
    let slurm = partition != nil || account != nil || signal != nil || !sbatch.isEmpty || time != nil
    let kubernetes = image != nil || namespace != nil || claim != nil
    if slurm, cluster == .kubernetes {
      throw ValidationError("--time, --partition, --account, --signal and --sbatch are for --to slurm")
    }
    if kubernetes, cluster == .slurm {
      throw ValidationError("--image, --namespace and --claim are for --to kubernetes")
    }
  }

  /// The profile, overridden by these options.
  func merged() throws -> ClusterProfile {
    var profile = ClusterProfile()
    let file = "cluster.yaml"
    if let path = self.profile ?? (FileManager.default.fileExists(atPath: file) ? file : nil) {
      do { profile = try ClusterProfileFile.load(path) } catch {
        for diagnostic in error.diagnostics { printError(diagnostic.description) }
        throw ExitStatus.usage
      }
    }
    profile.threads = threads ?? profile.threads
    profile.memory = memory ?? profile.memory
    profile.time = time ?? profile.time
    profile.limit = limit ?? profile.limit
    profile.setup += setup
    profile.slurm.partition = partition ?? profile.slurm.partition
    profile.slurm.account = account ?? profile.slurm.account
    profile.slurm.signal = signal ?? profile.slurm.signal
    profile.slurm.options += sbatch
    profile.kubernetes.image = image ?? profile.kubernetes.image
    profile.kubernetes.namespace = namespace ?? profile.kubernetes.namespace
    profile.kubernetes.claim = claim ?? profile.kubernetes.claim
    return profile
  }
}
