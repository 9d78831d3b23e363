import Foundation
import TestSupport
import Testing

@Suite("Suites on the command line")
struct SuiteCommandTests {
  static let files = [
    "suite.yaml": Data("suite: [\"[ab].yaml\"]\n".utf8), "a.yaml": file("a", "l1_norm"),
    "b.yaml": file("b", "random"),
    "bad.yaml": file(
      "bad", "random", "train: {epochs: 2, batch_size: 50, optimizer: {learning_rate: 1.0e+30}}"),
  ]

  private static func file(
    _ name: String, _ criterion: String, _ train: String = "train: {epochs: 2, batch_size: 50}"
  ) -> Data {
    Data(
      """
      format: 1
      name: \(name)
      dataset: {name: digits, train_limit: 100, test_limit: 50}
      architecture: {name: resnet, depth: 8, width: 0.25}
      \(train)
      prune: {criterion: \(criterion), ratio: 0.4, interval: 1}

      """.utf8)
  }

  @Test("run ends with a table of all experiments; a failed one is named, and gives 3")
  func summary() throws {
    let done = try Command.run(["run", "suite.yaml", "--progress", "none", "--jobs", "2"], files: Self.files)
    #expect(done.status == 0, "\(done.errors)")
    #expect(done.output.contains("2 of 2 experiments done\n"))
    let failed = try Command.run(["run", "bad.yaml", "suite.yaml", "--progress", "none"], files: Self.files)
    #expect(failed.status == 3)
    #expect(failed.output.contains("2 of 3 experiments done; failed: bad"))
    #expect(failed.errors.hasPrefix("espalier: bad: the loss is"))
    let stopped = try Command.run(
      ["run", "bad.yaml", "suite.yaml", "--progress", "none", "--fail-fast"], files: Self.files)
    #expect(stopped.status == 3)
    #expect(stopped.output.contains("0 of 3 experiments done; failed: bad"))
  }

  @Test("run ends with where the report is; each training is one of how many; JSON says so, too")
  func whereAndHowFar() throws {
    let one = try Command.run(["run", "a.yaml", "--progress", "plain"], files: Self.files)
    #expect(one.output.hasSuffix("\nreport: results/a/report.html\n        results/a/report.json\n"))
    #expect(one.errors.contains("a, baseline, seed 0: 2 epochs (training 1 of 2"))
    #expect(one.errors.contains("a, pruned, seed 0: 2 epochs"))
    let all = try Command.run(
      ["run", "suite.yaml", "--progress", "json", "--results", "my r"], files: Self.files)
    #expect(all.output.contains("report: my r/b/report.html\n        my r/b/report.json\n"))
    #expect(all.output.hasSuffix("one page over all: espalier report 'my r'\n"))
    let events = try all.errors.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    let started = events.filter { $0["event"] as? String == "run_started" }
    #expect(started.compactMap { $0["training"] as? Int } == [1, 2, 3])
    #expect(started.allSatisfy { $0["trainings"] as? Int == 3 })
    let ended = events.filter { $0["event"] as? String == "experiment_ended" }
    #expect(ended.compactMap { $0["report"] as? String } == ["my r/a/report.json", "my r/b/report.json"])
  }

  @Test("a suite whose data is missing says so once")
  func missingData() throws {
    let result = try Command.run(
      ["run", "suite.yaml", "--progress", "none", "--set", "dataset={name: mnist, path: none}"],
      files: Self.files)
    #expect(result.status == 3)
    #expect(result.errorLines.count == 1, "\(result.errors)")
    #expect(result.output.contains("0 of 2 experiments done; failed: a, b"))
    #expect(!result.output.contains("espalier report"))
  }

  @Test("two processes share a baseline that both need at once")
  func processes() throws { try shareABaseline(in: TemporaryFolder(Self.files)) { $0 } }

  #if os(Linux)
    /// Whether a process may have a namespace of its own, where the host has another name.
    private static let namesHosts =
      (try? Command.run([], shell: "exec unshare --uts sh -c 'echo other > /proc/sys/kernel/hostname'"))?
      .status == 0

    /// flock as file systems have it that keep it to one host: it never fails.
    @Test(
      "two processes on two hosts share a baseline where locks are kept to each host",
      .enabled(if: namesHosts))
    func hosts() throws {
      let folder = try TemporaryFolder(Self.files)
      try folder.write("int flock(int descriptor, int operation) { return 0; }\n".utf8, to: "flock.c")
      let compiled = try Command.run(
        [], in: folder.url, shell: "exec clang -shared -fPIC -o flock.so flock.c")
      #expect(compiled.status == 0, "\(compiled.errors)")
      try shareABaseline(in: folder) { command in
        [
          "/usr/bin/unshare", "--uts", "/bin/sh", "-c",
          #"echo "host-$1" > /proc/sys/kernel/hostname; export LD_PRELOAD="$2"; shift 2; exec "$@""#, "sh",
          command[2], folder.path + "/flock.so",
        ] + command
      }
    }
  #endif

  /// Runs two experiments at once.
  ///
  /// - Parameters:
  ///   - folder: has the files.
  ///   - launch: what starts a command.
  private func shareABaseline(in folder: TemporaryFolder, _ launch: ([String]) -> [String]) throws {
    let arguments = ["--set", "train.epochs=6", "--set", "dataset.train_limit=600", "--progress", "json"]
    let results = try ["a.yaml", "b.yaml"].map { name in
      let process = Process()
      let command = launch([Command.program.path, "run", name] + arguments)
      process.executableURL = URL(fileURLWithPath: command[0])
      process.arguments = Array(command.dropFirst())
      process.currentDirectoryURL = folder.url
      process.standardOutput = FileHandle.nullDevice
      let log = folder.url.appendingPathComponent(name + ".log")
      try Data().write(to: log)
      process.standardError = try FileHandle(forWritingTo: log)
      try process.run()
      return (process, log)
    }
    var epochs = 0
    for (process, log) in results {
      process.waitUntilExit()
      let text = try String(contentsOf: log, encoding: .utf8)
      #expect(process.terminationStatus == 0, "\(text)")
      epochs += text.split(separator: "\n").count { $0.contains(#""event":"epoch_ended""#) }
    }
    // One baseline and two pruned networks of six epochs each.
    #expect(epochs == 18)
    let cached = try Command.run(["cache", "list", "--format", "json"], in: folder.url)
    let entries = try #require(
      try JSONSerialization.jsonObject(with: Data(cached.output.utf8)) as? [[String: Any]])
    // Beside the three trainings the beginning that the pruned networks share.
    #expect(entries.count == 4)
    #expect(entries.compactMap { ($0["experiments"] as? [String])?.count }.sorted() == [1, 1, 2, 2])
  }

  /// Submits an experiment to programs that stand for Slurm's.
  private func submit(in folder: TemporaryFolder, standIns: [String: String]) throws -> Command.Result {
    try folder.run(
      "'\(Command.program.path)' submit a.yaml --threads 1 --memory 1G --time 10", standIns: standIns)
  }

  @Test("submit sends nothing while it is not known whether jobs of an earlier submission are left")
  func unknownQueue() throws {
    let folder = try TemporaryFolder(Self.files)
    let sbatch = "echo 17; echo called >> calls"
    let first = try submit(in: folder, standIns: ["sbatch": sbatch, "squeue": "exit 1"])
    #expect(first.status == 0, "\(first.errors)")
    let calls = try folder.text("calls")
    let silent = try submit(in: folder, standIns: ["squeue": "echo no contact >&2; exit 1"])
    #expect(silent.status == 3 && silent.errors.contains("squeue: no contact"), "\(silent.errors)")
    let running = try submit(in: folder, standIns: ["squeue": "echo 17 0 RUNNING"])
    #expect(running.status == 3 && running.errors.hasSuffix("scancel 17\n"), "\(running.errors)")
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    let record = try #require(names.first { $0.hasSuffix("/submission.json") })
    try folder.write("{".utf8, to: record)
    let damaged = try submit(in: folder, standIns: ["squeue": ""])
    #expect(damaged.status == 3 && damaged.errors.contains(record), "\(damaged.errors)")
    #expect(try folder.text("calls") == calls)
    try FileManager.default.removeItem(atPath: "\(folder.path)/\(record)")
    #expect(try submit(in: folder, standIns: [:]).status == 0)
  }

  @Test("submit names jobs that it could not cancel after Slurm had rejected the next one")
  func uncancelled() throws {
    let folder = try TemporaryFolder(Self.files)
    let sbatch = #"case "$*" in *report.sh) echo full >&2; exit 1 ;; esac; echo 17"#
    let cancelled = try submit(in: folder, standIns: ["sbatch": sbatch, "scancel": ""])
    #expect(cancelled.status == 3 && cancelled.errors.hasSuffix("espalier: sbatch: full\n"))
    let left = try submit(in: folder, standIns: ["scancel": "exit 1"])
    #expect(left.status == 3 && left.errors.hasSuffix("; cancel the jobs before it: scancel 17\n"))
  }

  @Test("the cache of a folder that does not exist is wrong usage, except before the first run")
  func noFolder() throws {
    for command in [["cache", "list"], ["cache", "prune", "--all"]] {
      #expect(try Command.run(command).status == 0)
      let missing = try Command.run(command + ["--results", "typo"])
      #expect(missing.status == 2)
      #expect(missing.errors == "espalier: typo: does not exist; expected a results folder\n")
    }
  }

  @Test("a cache that cannot be read is an error, and an unknown use of it a warning")
  func unreadableCache() throws {
    for arguments in [["list"], ["prune", "--all"]] {
      let file = try Command.run(["cache"] + arguments, files: ["results/.cache": Data()])
      #expect(file.status == 3)
      #expect(file.errors == "espalier: results/.cache: cannot be read as a folder\n")
    }
    let unknown = try Command.run(["cache", "list"], files: ["results/x/.state/stages.json": Data()])
    #expect(unknown.status == 0 && unknown.output == "nothing is cached\n")
    #expect(unknown.errors.hasPrefix("espalier: warning: results/x/.state/stages.json: cannot be read; "))
  }

  @Test("a file that is given twice is reported once, however many experiments it has")
  func givenTwice() throws {
    var files = Self.files
    let matrix = try #require(files["a.yaml"]) + Data("matrix: {train.epochs: [2, 3]}\n".utf8)
    files["a.yaml"] = matrix
    let result = try Command.run(["validate", "suite.yaml", "a.yaml"], files: files)
    #expect(result.status == 1)
    #expect(result.errors == "a.yaml:1:1: the file is given twice\n")
  }

  @Test("cache prune shows what it removed, and then what it could not, and exits with 3")
  func unremovable() throws {
    let keys = ["a", "b"].map { String(repeating: $0, count: 64) }
    // Not even root uses a folder as a lock.
    let files = ["\(keys[0])/lock/x", "\(keys[1])/stage.yaml"].map { ("results/.cache/\($0)", Data()) }
    let result = try Command.run(
      ["cache", "prune", "--all"], files: Dictionary(uniqueKeysWithValues: files))
    #expect(result.status == 3)
    #expect(result.output.hasPrefix("removed bbbbbbbbbbbb: "), "\(result.output)")
    #expect(
      result.errors == "espalier: results/.cache/\(keys[0])/lock: cannot be opened: Is a directory; "
        + "expected a writable place\n")
  }

  @Test("an age or a choice that is none is wrong usage")
  func pruneUsage() throws {
    for arguments in [
      [], ["--all", "--unused"], ["--older-than", "soon"], ["--older-than", "9223372036854775807w"],
    ] {
      #expect(try Command.run(["cache", "prune"] + arguments).status == 2, "\(arguments)")
    }
  }
}
