import Foundation
import Testing

@Suite("Options of submit")
struct SubmitOptionTests {
  private static let profile = """
    threads: 2
    memory: 1G
    time: 1-12:30:00
    limit: 1
    setup: [module load one]
    slurm: {partition: cpu, account: lab, signal: USR2@300, sbatch: [--qos=long]}
    kubernetes: {image: "registry:5000/espalier:1", namespace: lab, claim: data}

    """

  /// What `submit --dry-run` prints beside a `cluster.yaml`, for several trainings.
  private func submitted(_ arguments: [String], files: [String: String] = [:]) throws -> String {
    let files = ["cluster.yaml": Self.profile].merging(files) { $1 }.mapValues { Data($0.utf8) }
    let result = try Command.run(
      ["submit", "trial.yaml", "--dry-run", "--set", "seeds=[0, 1, 2]"] + arguments,
      files: files.merging(CommandTests.files) { $1 })
    #expect(result.status == 0, "\(result.errors)")
    return result.output
  }

  private func expect(
    _ lines: [String], in output: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let found = Set(output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) })
    for line in lines {
      #expect(found.contains(line), "\(line)\n\(output)", sourceLocation: sourceLocation)
    }
  }

  @Test("are those of cluster.yaml for Slurm if none is given")
  func slurmProfile() throws {
    let output = try submitted([])
    let lines = [
      "--cpus-per-task=2", "--mem=1024M", "--time=1-12:30:00", "--partition=cpu", "--account=lab",
      "--signal=B:USR2@300", "--qos=long",
    ]
    expect(lines.map { "#SBATCH " + $0 } + ["module load one"], in: output)
    #expect(output.contains("%1 "), "one task at a time\n\(output)")
  }

  @Test("override cluster.yaml for Slurm, except for the setup and sbatch's options, which are added")
  func slurm() throws {
    let output = try submitted([
      "--threads", "1", "--memory", "800M", "--time", "90", "--limit", "2", "--partition", "gpu", "--account",
      "other", "--signal", "TERM@60", "--setup", "ulimit -c 0", "--setup", "module load two", "--sbatch",
      "--mail-type=END", "--sbatch=--nice",
    ])
    let lines = [
      "--cpus-per-task=1", "--mem=800M", "--time=01:30:00", "--partition=gpu", "--account=other",
      "--signal=B:TERM@60",
    ]
    expect(lines.map { "#SBATCH " + $0 }, in: output)
    #expect(output.contains("\nmodule load one\nulimit -c 0\nmodule load two\n"), "\(output)")
    #expect(
      output.contains("\n#SBATCH --qos=long\n#SBATCH --mail-type=END\n#SBATCH --nice\n"), "\(output)")
    #expect(output.contains("%2 "), "two tasks at a time\n\(output)")
    for replaced in ["=cpu", "=lab", "USR2@300", "1024M"] {
      #expect(!output.contains(replaced), "\(replaced)\n\(output)")
    }
  }

  @Test("are those of cluster.yaml for Kubernetes if none is given")
  func kubernetesProfile() throws {
    let output = try submitted(["--to", "kubernetes"])
    expect(
      [
        "namespace: \"lab\"", "image: \"registry:5000/espalier:1\"", "parallelism: 1",
        "persistentVolumeClaim: {claimName: \"data\"}", "limits: {memory: 1024Mi}", "module load one",
      ], in: output)
  }

  @Test("override cluster.yaml for Kubernetes, except for the setup, which is added")
  func kubernetes() throws {
    let output = try submitted([
      "--to", "kubernetes", "--namespace", "other", "--image", "espalier:2", "--claim", "more", "--limit",
      "2", "--memory", "800M", "--setup", "ulimit -c 0",
    ])
    expect(
      [
        "namespace: \"other\"", "image: \"espalier:2\"", "parallelism: 2",
        "persistentVolumeClaim: {claimName: \"more\"}", "limits: {memory: 800Mi}",
      ], in: output)
    let script = output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    let first = try #require(script.firstIndex(of: "module load one"), "\(output)")
    #expect(script[first + 1] == "ulimit -c 0" && script[first + 2].hasPrefix("exec espalier run "))
    #expect(!output.contains("\"lab\"") && !output.contains("\"data\""))
  }

  @Test("are those of the file that --profile names, instead of cluster.yaml's")
  func otherProfile() throws {
    let other = "memory: 2G\ntime: 2:30:00\nslurm: {partition: other}\n"
    let output = try submitted(["--profile", "other.yaml", "--threads", "1"], files: ["other.yaml": other])
    expect(["#SBATCH --mem=2048M", "#SBATCH --time=02:30:00", "#SBATCH --partition=other"], in: output)
    #expect(!output.contains("--account=") && !output.contains("module load"))
  }

  @Test("of an invalid cluster.yaml are errors with their source location")
  func invalidProfile() throws {
    let files = CommandTests.files.merging(["cluster.yaml": Data("threads: 0\n".utf8)]) { $1 }
    let result = try Command.run(["submit", "trial.yaml", "--dry-run"], files: files)
    #expect(result.status == 2 && result.output.isEmpty)
    #expect(result.errors.hasPrefix("cluster.yaml:1:10: threads: "), "\(result.errors)")
  }

  /// Options, and what the error says of them.
  private static let refusals: [([String], String)] = [
    (["--threads", "0"], "--threads"), (["--threads", "257"], "--threads"), (["--limit", "0"], "--limit"),
    (["--memory", "lots"], "--memory"), (["--time", "never"], "--time"),
    (["--signal", "KILL@9"], "--signal"), (["--sbatch", "qos=long"], "--sbatch"),
    (["--setup", ""], "one line"), (["--setup", "a\nb"], "one line"), (["--sbatch", ""], "one line"),
    (["--partition", ""], "one line"), (["--account", "a\nb"], "one line"),
    (["--to", "kubernetes", "--image", ""], "one line"),
    (["--to", "kubernetes", "--time", "90"], "--time"),
    (["--to", "kubernetes", "--partition", "cpu"], "--partition"),
    (["--to", "kubernetes", "--account", "lab"], "--account"),
    (["--to", "kubernetes", "--signal", "USR1@60"], "--signal"),
    (["--to", "kubernetes", "--sbatch=--qos=long"], "--sbatch"), (["--image", "espalier:1"], "--image"),
    (["--namespace", "lab"], "--namespace"), (["--claim", "data"], "--claim"),
    (["--status", "--dry-run"], "--status"), (["--status", "--to", "kubernetes"], "--status"),
  ]

  @Test("that cannot be are wrong usage", arguments: refusals)
  func refused(_ options: [String], _ named: String) throws {
    let result = try Command.run(["submit", "trial.yaml"] + options, files: CommandTests.files)
    #expect(result.status == 2, "\(result.errors)")
    #expect(result.output.isEmpty)
    #expect(result.errorLines.count == 1 && result.errors.contains(named), "\(result.errors)")
    #expect(result.errors.hasSuffix(" (see espalier submit --help)\n"), "\(result.errors)")
  }

  @Test("that put the results of pods outside their volume are warned of")
  func lostResults() throws {
    let submit = ["submit", "trial.yaml", "--to", "kubernetes", "--memory", "1G", "--dry-run"]
    let lost = try Command.run(submit + ["--results", "/scratch/r"], files: CommandTests.files)
    #expect(lost.status == 0 && lost.errors.contains("/scratch/r are lost with the pods"), "\(lost.errors)")
    let kept = try Command.run(submit + ["--results", "/work/r"], files: CommandTests.files)
    #expect(kept.status == 0 && kept.errors.isEmpty, "\(kept.errors)")
  }

  /// Options, the `cluster.yaml` beside them, and what the error says.
  private static let contradictions: [([String], String, String)] = [
    (["--time", "2", "--signal", "USR1@120"], "limit: 1", "--signal"),
    ([], "time: 30\nslurm: {signal: USR1@3600}", "--signal"),
  ]

  @Test("that contradict each other are wrong usage, also in cluster.yaml", arguments: contradictions)
  func contradiction(_ options: [String], _ profile: String, _ named: String) throws {
    let files = CommandTests.files.merging(["cluster.yaml": Data(profile.utf8)]) { $1 }
    let submit = ["submit", "trial.yaml", "--memory", "1G", "--dry-run"]
    let result = try Command.run(submit + options, files: files)
    #expect(result.status == 2 && result.output.isEmpty, "\(result.output)")
    #expect(result.errorLines.count == 1 && result.errors.contains(named), "\(result.errors)")
  }
}
