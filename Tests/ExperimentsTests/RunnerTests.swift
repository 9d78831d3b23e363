import Compute
import Foundation
import Network
import Specification
import Synchronization
import TensorFiles
import Testing
import Training

@testable import Experiments
@testable import Reports

@Suite("Running an experiment")
struct RunnerTests {
  static let models = ["seed-0/baseline/model.safetensors", "seed-0/pruned/model.safetensors"]

  @Test("every file of the results is there, and they agree")
  func files() throws {
    let folder = try TemporaryFolder()
    let spec = try digits()
    let report = try run(spec, in: folder.path)
    let root = folder.path + "/digits/"
    for name in [
      "report.json", "report.csv", "layers.csv", "history.csv", "experiment.yaml", "report.html",
      "plots/accuracy.svg",
    ] + Self.models {
      #expect(FileManager.default.fileExists(atPath: root + name), "\(name)")
    }
    let read = try Report(json: String(decoding: bytes(root + "report.json"), as: UTF8.self))
    #expect(read == report)
    #expect(read.status == .complete)
    let again = try ExperimentFile.load(
      root + "experiment.yaml", overrides: [], catalog: .standard, environment: [:])
    #expect(again == spec)
  }

  @Test("the pruned network is as much smaller as the target says, in the report and in the file")
  func sizes() throws {
    let folder = try TemporaryFolder()
    let spec = try digits()
    let report = try run(spec, in: folder.path)
    let baseline = try #require(report.summary.baseline)
    let pruned = try #require(report.summary.pruned)
    let removed = Int((0.4 * Double(baseline.channels)).rounded())
    #expect(pruned.channels == baseline.channels - removed)
    #expect(report.summary.compression == Double(baseline.parameters) / Double(pruned.parameters))
    #expect(report.summary.flopsReduction == 1 - Double(pruned.macs) / Double(baseline.macs))
    let steps = try #require(report.runs.first { $0.variant == "pruned" }).pruningSteps
    #expect(steps.map(\.epoch) == [1, 2])
    #expect(steps.flatMap { $0.removed.values }.map(\.count).reduce(0, +) == removed)
    let network = try spec.network(
      weights: folder.path + "/digits/seed-0/pruned/model.safetensors", engine: Engine(threads: 1))
    #expect(network.cost() == Cost(parameters: pruned.parameters, macs: pruned.macs))
    #expect(network.prunableChannels == pruned.channels)
  }

  @Test("residual streams get narrower where the scope says so, and the report, its tables and the file know")
  func streams() throws {
    let folder = try TemporaryFolder()
    let overrides = ["prune.scope=stream", "prune.criterion=l1_norm", "prune.ratio=0.6"]
    let spec = try digits(overrides)
    let report = try run(spec, in: folder.path)
    let pruned = try #require(report.runs.first { $0.variant == "pruned" })
    let removed = pruned.pruningSteps.flatMap(\.removed)
    #expect(removed.contains { $0.key.hasPrefix("stream.") })
    let baseline = try #require(report.summary.baseline).channels
    let gone = removed.filter { !$0.key.hasPrefix("stream.") }.map(\.value.count).reduce(0, +)
    #expect(pruned.channels == baseline - gone)
    #expect(abs(Double(gone) - 0.6 * Double(baseline)) <= 2)
    // A file whose experiment says nothing of streams loads it, too.
    for spec in [spec, try digits()] {
      let network = try spec.network(
        weights: folder.path + "/digits/seed-0/pruned/model.safetensors", engine: Engine(threads: 1))
      #expect(network.cost() == Cost(parameters: pruned.parameters, macs: pruned.macs))
      #expect(network.prunableChannels == pruned.channels)
      #expect(pruned.layers.map(\.channels) == network.layers().map(\.channels))
      let stem = try #require(pruned.layers.first)
      #expect(stem.name == "conv1" && stem.channels == network.streamGroups[0].kept.count)
    }
  }

  @Test(
    "report and models are the same bytes for any number of threads, and for two runs", arguments: [1, 2, 4])
  func reproducible(_ threads: Int) throws {
    let (first, second) = (try TemporaryFolder(), try TemporaryFolder())
    let spec = try digits()
    let report = try run(spec, in: first.path, threads: 2)
    let other = try run(spec, in: second.path, threads: threads)
    try expectSameBytes((report, first), (other, second))
  }

  @Test(
    "a run stopped in the middle of an epoch resumes to the same bytes, on other threads", arguments: [1, 4],
    ["block", "stream"])
  func resume(_ threads: Int, _ scope: String) throws {
    let (straight, resumed) = (try TemporaryFolder(), try TemporaryFolder())
    let spec = try digits(["train.epochs=9", "prune.scope=\(scope)"])
    let expected = try run(spec, in: straight.path)
    #expect(try runUntilCheckpoint(spec, in: resumed.path, threads: 2)?.isInterruption == true)
    let report = try run(spec, in: resumed.path, threads: threads)
    try expectSameBytes((report, resumed), (expected, straight))
  }

  @Test("what is done is not done again, unless fresh is asked for or the recipe changed")
  func cached() throws {
    let folder = try TemporaryFolder()
    let seconds = { (report: Report) in report.timing.runs.flatMap { $0.epochs.map(\.trainSeconds) } }
    let first = try run(digits(), in: folder.path)
    let second = try run(digits(), in: folder.path)
    #expect(seconds(first) == seconds(second))
    let described = try run(digits(["description=another"]), in: folder.path)
    #expect(seconds(first) == seconds(described))
    let fresh = try run(digits(), in: folder.path, fresh: true)
    #expect(seconds(first) != seconds(fresh))
    #expect(first.deterministicJSON() == fresh.deterministicJSON())
    let changed = try run(digits(["train.optimizer.weight_decay=0"]), in: folder.path)
    #expect(seconds(changed) != seconds(fresh))
  }

  @Test("processor time stands beside wall time, unless trainings ran side by side", arguments: [1, 2])
  func processorTime(_ jobs: Int) throws {
    let folder = try TemporaryFolder()
    let runner = ExperimentRunner(
      engines: try (0..<jobs).map { _ in try Engine(threads: 1) }, results: folder.path,
      progress: .silent, interruption: Interruption())
    let epochs = try runner.run(digits()).timing.runs.flatMap(\.epochs)
    let processorTimes = epochs.flatMap {
      [$0.trainCPUSeconds, $0.evaluationCPUSeconds, $0.pruningCPUSeconds]
    }
    #expect(processorTimes.count == 18)
    #expect(processorTimes.allSatisfy { jobs == 1 ? ($0 ?? 0) > 0 : $0 == nil })
  }

  @Test("an evaluation ends early when it is asked to stop")
  func interruptedEvaluation() throws {
    let spec = try digits()
    let engine = try Engine(threads: 1)
    let test = try spec.loadData(threads: 1).test
    let network = try spec.network(engine: engine)
    let interruption = Interruption()
    let whole = try spec.evaluation(of: network, on: test, precision: .float32, interruption: interruption)
    #expect(whole.images == 100)
    interruption.request()
    let error = #expect(throws: RunError.self) {
      try spec.evaluation(of: network, on: test, precision: .float32, interruption: interruption)
    }
    #expect(error?.isInterruption == true)
    var batches = 0
    let part = try Evaluation(
      of: network, on: test, normalize: spec.dataset.normalize, batchSize: 10, precision: .float32
    ) {
      batches += 1
      return batches > 2
    }
    #expect(part.images == 20)
  }

  @Test("a second run on the same folder is refused, with the owner of its lock")
  func locked() throws {
    let folder = try TemporaryFolder()
    do {
      let lock = try FolderLock(folder.path + "/digits/.state")
      defer { withExtendedLifetime(lock) {} }
      let error = #expect(throws: RunError.self) { try run(digits(), in: folder.path) }
      let owner = ProcessInfo.processInfo.processIdentifier
      #expect(error?.description == "\(folder.path)/digits/.state: in use by another run, process \(owner)")
    }
    _ = try run(digits(), in: folder.path)
  }

  private func epochsDone(_ folder: TemporaryFolder) throws -> [Int?] {
    try Variant.allCases.map { variant in
      CheckpointStore(folder: try stageFolder(folder.path, variant: variant)).newestEpoch
    }
  }

  @Test("a refused run discards nothing of the run in progress, also where all shall be fresh")
  func refusedFresh() throws {
    let folder = try TemporaryFolder()
    try run(digits(), in: folder.path)
    let lock = try FolderLock(folder.path + "/digits/.state")
    let error = #expect(throws: RunError.self) { try run(digits(), in: folder.path, fresh: true) }
    #expect(error?.isInUse == true)
    #expect(try epochsDone(folder) == [3, 3])
    withExtendedLifetime(lock) {}
  }

  @Test("a run that ends because one experiment is refused discards nothing of the others")
  func failedFresh() throws {
    let folder = try TemporaryFolder()
    try run(digits(), in: folder.path)
    let lock = try FolderLock(folder.path + "/second/.state")
    let outcomes = ExperimentRunner(
      engines: [try Engine(threads: 1)], results: folder.path, fresh: true, failFast: true,
      progress: .silent, interruption: Interruption()
    ).run([try digits(), try digits(["name=second", "train.epochs=2"])])
    #expect(outcomes.allSatisfy { $0.failure != nil })
    #expect(try epochsDone(folder) == [3, 3])
    withExtendedLifetime(lock) {}
  }

  @Test("a run that is stopped before its trainings discards nothing, also where all shall be fresh")
  func stoppedFresh() throws {
    let folder = try TemporaryFolder()
    try run(digits(), in: folder.path)
    let interruption = Interruption()
    interruption.request()
    let error = #expect(throws: RunError.self) {
      try run(digits(), in: folder.path, fresh: true, interruption: interruption)
    }
    #expect(error?.isInterruption == true)
    #expect(try epochsDone(folder) == [3, 3])
  }

  @Test("a training that is no longer there when its experiment is finished is repeated, and shown")
  func repeated() throws {
    let folder = try TemporaryFolder()
    let spec = try digits(["prune=null", "expect=null"])
    let engine = try Engine(threads: 1)
    var preparation = ExperimentPreparation(kernels: engine.kernels)
    let experiment = try preparation.prepare(spec)
    func finish() throws -> String {
      let shown = Mutex("")
      let printer = ProgressPrinter(
        style: .plain, label: nil, bars: ProgressBars { text in shown.withLock { $0 += text } })
      _ = try ExperimentFinishing(
        experiment: experiment, engine: engine, cache: StageCache(results: folder.path),
        folders: ResultFolders(results: folder.path, experiment: spec.name), ownsProcess: false, commit: nil,
        ranks: 1, interruption: Interruption(), announce: { _ in },
        printer: { _ in printer }
      ).run()
      return shown.withLock(\.self)
    }
    #expect(try finish().contains("epoch 3"))
    #expect(try finish() == "")
    let store = StageCache(results: folder.path).checkpoints(experiment.stages[0].key)
    let newest = store.folder + "/checkpoint-3-0.safetensors"
    try Data(bytes(newest).dropLast(1000)).write(to: URL(fileURLWithPath: newest))
    let again = try finish()
    #expect(again.contains("warning") && again.contains("epoch 3") && !again.contains("epoch 1"))
  }

  @Test("a damaged checkpoint is passed over for the one before")
  func damagedCheckpoint() throws {
    let folder = try TemporaryFolder()
    let expected = try run(digits(), in: folder.path)
    let store = CheckpointStore(folder: try stageFolder(folder.path, variant: .pruned))
    let newest = store.folder + "/checkpoint-3-0.safetensors"
    var damaged = try bytes(newest)
    damaged.removeLast(1000)
    try damaged.write(to: URL(fileURLWithPath: newest))
    #expect(store.newestEpoch == 3)
    let again = try run(digits(), in: folder.path)
    #expect(again.deterministicJSON() == expected.deterministicJSON())
  }

  @Test("a loss that is not finite stops the run and keeps the checkpoints before it")
  func divergence() throws {
    let folder = try TemporaryFolder()
    let spec = try digits(["train.optimizer.learning_rate=1.0e+30", "train.schedule.warmup_epochs=0"])
    let error = #expect(throws: RunError.self) { try run(spec, in: folder.path) }
    let message = try #require(error).description
    #expect(message.contains("epoch 1"))
    #expect(message.contains("the loss is"))
  }

  @Test("baseline alone where nothing is pruned")
  func baselineOnly() throws {
    let folder = try TemporaryFolder()
    var spec = try digits()
    spec.prune = nil
    spec.expectations = []
    let report = try run(spec, in: folder.path)
    #expect(report.runs.map(\.variant) == ["baseline"])
    #expect(report.summary.pruned == nil)
    #expect(report.summary.compression == nil)
  }

  @Test("a folder that cannot be written is one clear line")
  func unwritable() throws {
    let error = #expect(throws: RunError.self) {
      try run(digits(["train.epochs=3"]), in: "/dev/null/results")
    }
    #expect(try #require(error).description.hasPrefix("/dev/null/results/digits"))
  }
}
