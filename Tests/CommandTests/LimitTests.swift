import Foundation
import Testing

/// What a shell or a container allows a process: whatever runs out, the user learns of it, and the
/// process ends.
@Suite("Limits of the system", .timeLimit(.minutes(20)))
struct LimitTests {
  private func run(_ limit: String, _ arguments: [String], asNobody: Bool = false) throws -> Command.Result {
    try Command.run(arguments, files: CommandTests.files, shell: limit, asNobody: asNobody)
  }

  @Test(
    "threads that cannot be started are done without, with a warning and the same results",
    .enabled(if: Command.runsAsNobody))
  func threads() throws {
    let arguments = ["run", "trial.yaml", "--threads", "3", "--progress", "none"]
    let limited = try run("ulimit -u 1 2>/dev/null || ulimit -p 1", arguments, asNobody: true)
    #expect(limited.status == 0, "\(limited.errors)")
    #expect(
      limited.warnings == [
        "espalier: warning: the system starts only 1 of 3 threads, as under a limit on processes (ulimit -u, pids.max); "
          + "results are the same"
      ])
    let free = try Command.run(arguments, files: CommandTests.files)
    #expect(limited.output.split(separator: "\n").first { $0.hasPrefix("top-1") } != nil)
    #expect(
      limited.output.split(separator: "\n").first { $0.hasPrefix("top-1") }
        == free.output.split(separator: "\n").first { $0.hasPrefix("top-1") })
  }

  @Test(
    "threads that cannot be started are reported as JSON where progress is, and requested on a cluster",
    .enabled(if: Command.runsAsNobody))
  func threadsElsewhere() throws {
    let few = "ulimit -u 1 2>/dev/null || ulimit -p 1"
    let trained = try run(
      few, ["run", "trial.yaml", "--threads", "3", "--progress", "json"], asNobody: true)
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(trained.errorLines.isEmpty && trained.warnings.isEmpty, "\(trained.errors)")
    #expect(trained.errors.contains("the system starts only 1 of 3 threads"))
    let submit = ["submit", "trial.yaml", "--threads", "3", "--memory", "1G", "--time", "10", "--dry-run"]
    let submitted = try run(few, submit, asNobody: true)
    #expect(submitted.status == 0, "\(submitted.errors)")
    #expect(submitted.output.contains("--cpus-per-task=3"), "\(submitted.output)")
    #expect(submitted.output.contains(" --threads 3 "))
  }

  @Test("too few open files are an error in one line, and four always are too few", arguments: [4, 5, 6, 8])
  func openFiles(_ count: Int) throws {
    let result = try run("ulimit -n \(count)", ["run", "trial.yaml", "--threads", "2", "--progress", "none"])
    #expect([0, 2, 3].contains(result.status), "\(result.status): \(result.errors)")
    // The standard streams are three, and the lock of the results stays open.
    #expect(count > 4 || result.status != 0)
    #expect(result.errors.split(separator: "\n").count == (result.status == 0 ? 0 : 1), "\(result.errors)")
  }

  @Test("a limit on the size of files is an error in one line")
  func fileSize() throws {
    let result = try run("ulimit -f 4", ["run", "trial.yaml", "--progress", "none"])
    #expect(result.status == 3)
    #expect(result.errors.hasSuffix(": cannot write: File too large; expected a writable place\n"))
    #expect(result.errors.split(separator: "\n").count == 1)
  }

  @Test(
    "a full standard output is a failure, whatever is written to it",
    arguments: [["schema"], ["--help"], ["version"], ["validate", "trial.yaml"], ["plan", "trial.yaml"]])
  func fullOutput(_ arguments: [String]) throws {
    let result = try run("exec >/dev/full", arguments)
    #expect(result.status == 3, "\(arguments)")
    #expect(result.errors.hasPrefix("espalier: standard output: cannot write: "))
  }

  @Test(
    "a closed standard stream does not get another file's number, and only a closed output is a failure",
    arguments: [("<&-", 0), (">&-", 3), ("2>&-", 0)])
  func closedStream(_ closing: String, _ status: Int) throws {
    let trial = try Trial()
    let result = try Command.run(
      ["run", "trial.yaml", "--progress", "plain"], in: trial.folder, shell: "exec \(closing)")
    #expect(Int(result.status) == status, "\(result.errors)")
    let left = try FileManager.default.subpathsOfDirectory(atPath: trial.folder.path)
    #expect(left.contains("results/trial/report.json"))
    #expect(!left.contains { $0.hasSuffix("/lock") })
  }

  private static let closedPipe = "mkfifo pipe; (: <pipe) & exec >pipe; wait"

  @Test("a pipe whose reader has enough is no failure", arguments: [["schema"], ["validate", "trial.yaml"]])
  func closedPipe(_ arguments: [String]) throws {
    let result = try run(Self.closedPipe, arguments)
    #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
  }

  @Test("a file that cannot be written is a failure, and not wrong usage; a closed pipe is neither")
  func unwritable() throws {
    let trial = try Trial()
    #expect(try trial.run().status == 0)
    let model = ["--weights", "results/trial/seed-0/pruned/model.safetensors"]
    for arguments in [
      ["export", "trial.yaml", "--format", "safetensors", "--output", "no/x"] + model,
      ["export", "trial.yaml", "--format", "yaml", "--output", "no/x"] + model,
      ["export", "trial.yaml", "--format", "onnx", "--output", "no/x"] + model,
      ["report", "results/trial", "--output", "no/x"], ["init", "no/x.yaml"],
    ] {
      let result = try Command.run(arguments, in: trial.folder)
      #expect(result.status == 3, "\(arguments)")
      #expect(result.errors.contains("cannot write: "), "\(result.errors)")
      #expect(result.errors.split(separator: "\n").count == 1)
    }
    let output = ["export", "trial.yaml", "--format", "yaml", "--output", "/dev/stdout"] + model
    let result = try Command.run(output, in: trial.folder, shell: Self.closedPipe)
    #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
  }

  @Test("a folder's name that would act on a terminal is shown as escapes by doctor and submit")
  func escapes() throws {
    for arguments in [["doctor"], ["submit", "trial.yaml", "--dry-run", "--memory", "1G", "--time", "10"]] {
      let result = try run(":", arguments + ["--results", "a\u{1B}[2Jb"])
      #expect(result.status == 0, "\(result.errors)")
      let shown = result.output.split(separator: "\n").filter {
        $0.hasPrefix("results") || $0.hasPrefix("# ")
      }
      #expect(shown.contains { $0.contains("a\\u{1b}[2Jb") }, "\(result.output)")
      #expect(!shown.contains { $0.contains("\u{1B}") })
    }
  }

  @Test("a name with a line break is shown on one line")
  func lineBreak() throws {
    let result = try run(":", ["validate", "a\nb\u{1B}[2J.yaml"])
    #expect(result.status == 1)
    #expect(result.errors == "a\\nb\\u{1b}[2J.yaml:1:1: the file does not exist\n")
  }

  @Test(
    "an empty path is wrong usage, and not the root or the working folder",
    arguments: [
      ["run", "trial.yaml", "--results", ""], ["plan", "trial.yaml", "--results", ""],
      ["cache", "list", "--results", ""], ["cache", "prune", "--all", "--results", ""],
      ["report", ".", "--output", ""], ["score", "trial.yaml", "--weights", ""],
    ])
  func emptyPath(_ arguments: [String]) throws {
    let result = try run(":", arguments)
    #expect(result.status == 2)
    #expect(result.errors.contains("expected a path, found an empty text"), "\(result.errors)")
  }

  @Test("a hangup saves the state, as an interruption does, also when it comes twice")
  func hangup() throws {
    let trial = try Trial()
    // A terminal and its shell may each send one.
    _ = try trial.runUntilTwoCheckpoints(signals: [SIGHUP, SIGHUP])
    try trial.finish(Trial.undisturbedOutcome())
  }

  @Test("Ctrl-\\ saves the state, as Ctrl-C does")
  func quit() throws {
    let trial = try Trial()
    _ = try trial.runUntilTwoCheckpoints(signals: [SIGQUIT])
    try trial.finish(Trial.undisturbedOutcome())
  }
}
