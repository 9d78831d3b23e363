import Compute
import Foundation
import Specification
import TestSupport
import Testing

@testable import Experiments

@Suite("Submitting a suite")
struct SubmissionTests {
  private let command = SuiteCommand(
    program: "/opt/es palier/espalier", workingFolder: "/home/lab/a b", files: ["a.yaml", "it's.yaml"],
    overrides: ["train.epochs=2"], results: "results", threads: 4)

  private func script(_ slurm: ClusterProfile.Slurm = ClusterProfile.Slurm()) -> SlurmScript {
    SlurmScript(
      command: command, folder: "/home/lab/a b/results/.submit/x",
      resources: TaskResources(threads: 4, memory: MemorySize(mebibytes: 900), time: TimeLimit(minutes: 90)),
      setup: ["module load openblas"], slurm: slurm, shards: 12)
  }

  @Test("indices are listed as ranges, and split where Slurm allows no longer array")
  func arrays() {
    func texts(_ tasks: [Int], _ size: Int = 1001, _ limit: Int? = nil) -> [String] {
      SlurmArray.arrays(of: tasks, maximumSize: size, limit: limit).map { "\($0.offset): \($0.text)" }
    }
    #expect(texts(Array(0..<8)) == ["0: 0-7"])
    #expect(texts([0, 2, 3, 4, 9], 1001, 2) == ["0: 0,2-4,9%2"])
    #expect(texts([]) == [])
    #expect(texts(Array(0..<10), 4, 5) == ["0: 0-3%2", "4: 0-3%2", "8: 0-1%1"])
    #expect(texts([3, 4, 9], 4, 2) == ["0: 3%1", "4: 0%1", "8: 1%1"])
    #expect(texts(Array(0..<9), 4, 1).map { $0.suffix(2) } == ["%1", "%1", "%1"])
  }

  @Test("the script has the resources, the setup and the shard; paths are quoted")
  func scripts() {
    var slurm = ClusterProfile.Slurm()
    (slurm.partition, slurm.account, slurm.options) = ("cpu", "lab", ["--qos=long"])
    slurm.signal = EarlySignal("TERM@60")
    let text = script(slurm).training
    for line in [
      "#!/bin/bash", "#SBATCH --cpus-per-task=4", "#SBATCH --mem=900M", "#SBATCH --time=01:30:00",
      "#SBATCH --signal=B:TERM@60", "#SBATCH --requeue", "#SBATCH --open-mode=append",
      "#SBATCH --partition=cpu", "#SBATCH --account=lab", "#SBATCH --qos=long", "module load openblas",
      "#SBATCH \"--output=/home/lab/a b/results/.submit/x/%A_%a.log\"", "cd '/home/lab/a b' || exit 2",
      #"'/opt/es palier/espalier' run a.yaml 'it'\''s.yaml' --set train.epochs=2 --results results --threads 4"#
        + #" --progress plain --shard "$((SLURM_ARRAY_TASK_ID + ${1:-0} + 1))/12" &"#,
    ] {
      #expect(text.split(separator: "\n").contains(Substring(line)), "\(line)\n\(text)")
    }
    #expect(script().training.contains("--signal=B:USR1@120"))
    #expect(!script().reporting.contains("--shard"))
  }

  @Test("long output and error messages of Slurm's commands are read, in any order")
  func longAnswers() throws {
    let folder = try TemporaryFolder()
    // Pipes hold 64 KiB.
    let much = "head -c 300000 /dev/zero | tr '\\0' x"
    let slurm = Slurm(searchPath: folder.path + ":/usr/bin:/bin")
    try folder.write(script: "\(much) >&2\necho '17;cluster'", to: "sbatch")
    #expect(try slurm.submit(["script"]) == "17")
    try folder.write(script: "\(much)\necho no such partition >&2\nexit 1", to: "sbatch")
    let error = #expect(throws: Slurm.Failure.self) { try slurm.submit(["script"]) }
    #expect(error?.description == "sbatch: no such partition")
    let none = #expect(throws: Slurm.Failure.self) {
      try Slurm(searchPath: folder.path).cancel(["17"])
    }
    #expect(
      none?.description == "scancel: not found; expected Slurm's commands on this machine (or --dry-run)")
  }

  /// What the script does with the program's end, by programs that stand for squeue and scontrol.
  /// Here scontrol is busy at first.
  @Test(
    "a task is queued again when its time is over, and only then",
    arguments: [
      (130, "echo RUNNING", true), (138, "echo RUNNING", true), (130, "echo COMPLETING", false),
      (130, "", false), (130, "exit 1", true), (0, "echo RUNNING", false), (3, "echo RUNNING", false),
      // Answers only the second time.
      (130, "mkdir \"$0.asked\" 2>/dev/null && exit 1; echo COMPLETING", false),
    ])
  func requeue(_ status: Int, _ squeue: String, _ isExpected: Bool) throws {
    let folder = try TemporaryFolder()
    try folder.write(script: squeue, to: "squeue")
    try folder.write(script: "exec /bin/sleep 0.05", to: "sleep")
    let requeues = folder.path + "/requeued"
    try folder.write(
      script: "echo \"$@\" >> \(requeues); [ $(wc -l < \(requeues)) -ge 2 ]", to: "scontrol")
    // Goes on until it is signalled, as a training does.
    try folder.write(
      script: "trap 'exit \(status)' USR1; touch \(folder.path)/began; while true; do sleep 0.05; done",
      to: "program")
    var script = script()
    script.command.program = folder.path + "/program"
    script.command.workingFolder = folder.path
    script.setup = []
    try folder.write(script: script.training, to: "job")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = [folder.path + "/job"]
    process.environment = [
      "PATH": folder.path + ":/usr/bin:/bin", "SLURM_ARRAY_JOB_ID": "17", "SLURM_ARRAY_TASK_ID": "3",
      "SLURM_JOB_ID": "21",
    ]
    // Tests run on threads that have it blocked, and a shell cannot change that.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGUSR1)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    try process.run()
    defer { if process.isRunning { process.terminate() } }
    try wait { folder.has("began") }
    kill(process.processIdentifier, SIGUSR1)
    try wait { !process.isRunning }
    #expect(process.terminationStatus == Int32(status))
    let requeued = try? String(contentsOfFile: requeues, encoding: .utf8)
    #expect(requeued == (isExpected ? "requeue 17_3\nrequeue 17_3\n" : nil))
  }

  @Test(
    "the folder's name tells suites, their overrides and working folders apart, and is one that Kubernetes takes"
  )
  func names() throws {
    var other = command
    other.overrides = ["train.epochs=3"]
    #expect(command.name != other.name)
    var elsewhere = command
    elsewhere.workingFolder = "/home/lab/other"
    #expect(command.name != elsewhere.name)
    #expect(try command.name(with: [digits()]) == elsewhere.name(with: [digits()]), "pods have their own")
    func named(_ overrides: [String]) throws -> String {
      try command.name(with: [digits(overrides)])
    }
    #expect(try named([]) == named([]))
    #expect(try named([]) != named(["train.epochs=4"]), "the file has changed")
    var long = command
    long.files = [String(repeating: "Über_", count: 40) + ".yaml"]
    for name in [command.name, long.name] {
      #expect(
        name.count <= 49 && name.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") })
    }
  }

  @Test("a manifest for Kubernetes escapes what YAML does not allow between double quotes")
  func manifest() throws {
    var kubernetes = ClusterProfile.Kubernetes()
    (kubernetes.image, kubernetes.claim) = ("lab/espalier:1", "a\n\"b\\")
    let job = KubernetesJob(
      command: command, specs: [try digits()], memory: MemorySize(mebibytes: 900), setup: [],
      kubernetes: kubernetes, shards: 1, limit: nil)
    #expect(job.training.contains(#"image: "lab/espalier:1""#))
    #expect(job.training.contains(#"{claimName: "a\n\"b\\"}"#))
  }

  @Test("setup lines stay as they are in a manifest for Kubernetes, also those that begin with blanks")
  func indentedSetup() throws {
    let job = KubernetesJob(
      command: command, specs: [try digits()], memory: MemorySize(mebibytes: 900),
      setup: ["  module load x", " ulimit -c 0"], kubernetes: ClusterProfile.Kubernetes(), shards: 1,
      limit: nil)
    let text = try yamlDocument(job.reporting, file: "report.yaml").text()
    #expect(text.contains(#""args": ["  module load x\n ulimit -c 0\nexec espalier run "#), "\(text)")
  }

  @Test(
    "only files on the volume of the pods are kept",
    arguments: [
      ("results", true), (".", true), ("a/../r", true), ("../work/r", true), ("/work/r", true),
      ("/scratch/r", false), ("../r", false), ("/workshop", false), ("/work/../r", false), ("/", false),
    ])
  func volume(_ path: String, _ isKept: Bool) {
    #expect(KubernetesJob.keeps(path) == isKept)
  }

  @Test("tasks are the units of the suite; those that are trained are not submitted again")
  func tasks() throws {
    let folder = try TemporaryFolder()
    let engine = try Engine(threads: 1)
    let specs = try ["l1_norm", "random"].map { try digits(["name=\($0)", "prune.criterion=\($0)"]) }
    let before = SuiteTasks(specs, results: folder.path, engine: engine)
    #expect(before.count == 3 && before.open == [0, 1, 2])
    _ = try run(specs[0], in: folder.path)
    let after = SuiteTasks(specs, results: folder.path, engine: engine)
    #expect(after.count == 3 && after.open.count == 1)
    let open = try #require(after.open.first)
    #expect(after.trainings[open].map(\.spec.name) == ["random"] && after.epochs(open) == (0, 3))
    let status = SubmissionStatus(after, record: nil).text()
    #expect(status.contains("2 of 3 shards trained") && status.contains("\(open + 1)/3"))
  }

  @Test("the predicted memory is that of the latencies, too, which the last job measures")
  func latencies() throws {
    let folder = try TemporaryFolder()
    var spec = try digits()
    _ = try run(spec, in: folder.path)
    spec.evaluate.latencyBatchSizes = [1, 100_000_000]
    let plan = try SuitePlan(
      [spec], results: folder.path, engine: Engine(threads: 1), calibrates: true)
    #expect(plan.whole.trainingsToDo == 0)
    // Images of 64 numbers.
    #expect(try #require(plan.predictedPeakMebibytes) > (100_000_000 * 64 * 4) >> 20)
  }

  @Test("what is predicted has a margin")
  func margins() {
    #expect(TaskResources.time(predictedSeconds: 3600).minutes == 130)
    #expect(TaskResources.time(predictedSeconds: 0.1).minutes == 11)
    #expect(TaskResources.memory(predictedMebibytes: 400).mebibytes == 756)
  }
}
