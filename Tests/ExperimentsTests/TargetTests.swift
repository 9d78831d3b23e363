import Architectures
import Network
import Pruning
import Specification
import Testing

@testable import Compute
@testable import Experiments
@testable import MessagePassing

@Suite("Targets of pruning")
struct TargetTests {
  @Test(
    "beyond what the floors leave are errors that say how much can go",
    arguments: [("flops_ratio", "MACs"), ("parameter_ratio", "parameters")])
  func unreachable(key: String, noun: String) throws {
    let error = #expect(throws: SpecificationError.self) {
      try digits(["prune.ratio=null", "prune.\(key)=0.9", "prune.minimum_channels=3"])
    }
    let message = try #require(error?.diagnostics.first?.message)
    #expect(message.hasPrefix("0.9 of the \(noun) is out of reach: with every layer at its floor"))
    #expect(message.contains("`minimum_channels` 3"))
  }

  @Test(
    "at what the floors just leave are reached by the last step",
    arguments: ["flops_ratio", "parameter_ratio"])
  func justReachable(key: String) throws {
    let folder = try TemporaryFolder()
    let spec = try digits(["prune.ratio=null", "prune.\(key)=0.4", "prune.minimum_channels=2"])
    let report = try run(spec, in: folder.path)
    let reduction = key == "flops_ratio" ? report.summary.flopsReduction : report.summary.parameterReduction
    #expect(try #require(reduction) >= 0.4)
    #expect(report.summary.expectations.allSatisfy { $0.metric != "parameter_reduction" })
  }

  private func graph() throws -> PrunableGraph { try digits().structure() }

  @Test("that were missed by more than rounding are told with what was reached")
  func missed() throws {
    let whole = try graph()
    let target = PruneSpec.Target.flopsRatio(0.5)
    #expect(target.missed(from: whole.cost, to: whole.cost)?.share == 0)
    #expect(PruneSpec.Target.ratio(0.5).missed(from: whole.cost, to: whole.cost) == nil)
    let spec = PruneSpec(target: target, interval: 1, until: 1)
    let sentences = PruningWarnings(before: whole, after: whole, prune: spec, steps: 1).sentences
    #expect(sentences.count == 1)
    #expect(sentences.first?.hasPrefix("0.0 of the MACs are removed, but the target was 0.5") == true)
    #expect(PruningWarnings(before: whole, after: whole, prune: nil, steps: 1).sentences.isEmpty)
  }

  /// A network that starts without 12 of the channels of `layer1.0.conv1`.
  private func prunedStart() throws -> Network {
    func network() throws -> Network {
      try ArchitectureRegistry.build(Self.resnet20, seed: 1, engine: Engine(threads: 1))
    }
    let (pruned, start) = (try network(), try network())
    pruned.remove(channels: ["layer1.0.conv1": Set(0..<12)])
    try start.load(model: pruned.tensorFile(), from: "start")
    return start
  }

  @Test("of channels per step that a pruned start model cannot lose give a warning, up to the multiple")
  func missedChannels() throws {
    let start = try prunedStart()
    func sentences(removed: Int, roundTo: Int = 1) -> [String] {
      let spec = PruneSpec(target: .channelsPerStep(9), interval: 1, until: 2, roundTo: roundTo)
      let after = start.structure.removing(["layer3.0.conv1": Set(0..<removed)])
      return PruningWarnings(before: after, after: after, prune: spec, steps: 2).sentences
    }
    #expect(sentences(removed: 8).count == 1)
    #expect(
      sentences(removed: 8).first?.hasPrefix("the steps removed 8 channels, but the target was 18") == true)
    for removed in [17, 18] { #expect(sentences(removed: removed).isEmpty) }
    #expect(sentences(removed: 16).count == 1 && sentences(removed: 16, roundTo: 2).isEmpty)
  }

  /// Scored by feature relevance, the squeeze of the gate keeps its channels.
  private func gated(_ prune: String) throws -> ExperimentSpec {
    let text = """
      format: 1
      name: gated
      dataset: {name: digits, train_limit: 40}
      architecture:
        layers:
          - {name: stem, conv: 8}
          - {name: mean, global_average_pool: true}
          - {name: squeeze, conv: 8, kernel: 1, norm: none}
          - {name: excite, conv: 8, kernel: 1, norm: none, activation: sigmoid}
          - {name: gate, multiply: [stem, excite]}
          - {name: head, conv: 8}
          - global_average_pool: true
          - {name: classifier, linear: classes}
      train: {epochs: 2, batch_size: 40}
      prune: {interval: 1, until: 1, \(prune)}
      """
    return try ExperimentFile.load(
      text: text, file: "gated.yaml", overrides: [], catalog: .standard, environment: [:])
  }

  @Test("of a share of the channels, among them those that the criterion does not score, give a warning")
  func missedRatio() throws {
    func sentences(_ prune: String) throws -> [String] {
      let spec = try gated(prune)
      let settings = try #require(spec.prune)
      let network = try spec.network(engine: Engine(threads: 1))
      let data = try spec.loadData(threads: 1).train
      let scores = try Scoring(spec: spec, data: data, seed: 0).scores(of: network, epoch: 1)
      let removals = PruningSchedule(settings, epochs: spec.train.epochs).removals(
        after: 1, graph: network.structure, scores: scores)
      return PruningWarnings(
        before: network.structure, after: network.structure.removing(removals), prune: settings, steps: 1
      ).sentences
    }
    #expect(
      try sentences("ratio: 0.75") == [
        "the steps removed 14 channels, but the target was 18: the criterion scores no other channels that"
          + " may be removed"
      ])
    #expect(try sentences("ratio: 0.5").isEmpty)
    #expect(try sentences("ratio: 0.75, criterion: l1_norm").isEmpty)
    #expect(try sentences("ratio: 0.75, exclude: [squeeze], maximum_layer_ratio: 0.8").isEmpty)
  }

  @Test("that a pruned start model has reached already give a warning")
  func reachedAtStart() throws {
    let start = try prunedStart()
    // One channel, which may also be missed by rounding.
    let spec = PruneSpec(target: .ratio(0.002), interval: 1, until: 1)
    func sentences(_ after: PrunableGraph, _ prune: PruneSpec?) -> [String] {
      PruningWarnings(before: start.structure, after: after, prune: prune, steps: 1).sentences
    }
    #expect(
      sentences(start.structure, spec) == [
        "the steps removed no channel: the target counts the channels that the model to start from lacks,"
          + " which reach it already"
      ])
    #expect(sentences(start.structure, nil).isEmpty)
    #expect(sentences(start.structure.removing(["layer1.1.conv1": [0]]), spec).isEmpty)
    #expect(sentences(PrunableGraph(start.structure.original), spec).isEmpty)
  }

  private static let resnet20 = ArchitectureSpec(
    name: "resnet20", depth: 20, block: .basic, input: [3, 32, 32], classes: 10)

  @Test("that take more than nine tenths of a layer are reported once, with the layer")
  func thinLayer() throws {
    let whole = PrunableGraph(try ArchitectureRegistry.graph(Self.resnet20))
    let group = try #require(whole.channelGroups.first)
    let fourteen = whole.removing([group.name: Set(0..<14)])
    let fifteen = fourteen.removing([group.name: [14]])
    func sentences(_ before: PrunableGraph, _ after: PrunableGraph) -> [String] {
      PruningWarnings(before: before, after: after, prune: nil, steps: 1).sentences
    }
    #expect(sentences(whole, fourteen).isEmpty)
    #expect(
      sentences(fourteen, fifteen).map { $0.hasPrefix("\(group.name) keeps 1 of its 16 channels") } == [true])
    #expect(sentences(fifteen, fifteen).isEmpty)
  }

  @Test("that leave few of the channels that a grouped convolution ties give a warning in channels")
  func thinGroups() throws {
    var builder = GraphBuilder(input: FeatureShape(channels: 3, rows: 4, columns: 4))
    let first = try builder.add(Convolution(outputs: 24, kernel: 1), [.image], layer: "c")
    let grouped = try builder.add(Convolution(outputs: 24, kernel: 3, groups: 2), [first], layer: "g")
    let mean = try builder.add(GlobalAveragePooling(), [grouped], layer: "mean")
    _ = try builder.add(Linear(outputs: 4), [mean], layer: "fc")
    let whole = PrunableGraph(try builder.graph())
    let after = whole.removing(["c": Set(0..<11)])
    let sentences = PruningWarnings(before: whole, after: after, prune: nil, steps: 1).sentences
    #expect(sentences.map { $0.hasPrefix("c keeps 2 of its 24 channels;") } == [true])
  }
}

@Suite("Memory of a training")
struct MemoryTests {
  @Test("that is not there is told with both numbers and the limit")
  func tooLittle() throws {
    let spec = try digits()
    let check = try #require(
      MemoryCheck(spec, available: AvailableMemory(bytes: 1 << 16, limit: .controlGroup)))
    let problem = try #require(check.problem)
    #expect(problem.hasPrefix("a training needs about "))
    #expect(problem.contains("0 MiB are available within the limit of the container"))
    #expect(problem.hasSuffix("; a smaller `train.batch_size` or `train.precision: bfloat16` needs less"))
    let half = try digits(["train.precision=bfloat16"])
    let other = MemoryCheck(half, available: AvailableMemory(bytes: 1 << 16, limit: .controlGroup))
    #expect(try #require(other?.problem).hasSuffix("; a smaller `train.batch_size` needs less"))
    #expect(try #require(other).needed < check.needed)
    let plenty = try #require(MemoryCheck(spec, available: AvailableMemory(bytes: 1 << 40, limit: .machine)))
    #expect(plenty.problem == nil)
  }

  @Test("is that of a process's own shards, of all its neighbours, and of all jobs")
  func sharing() throws {
    let spec = try digits(["train.shards=4", "train.batch_size=256"])
    func needed(
      _ limit: AvailableMemory.Limit = .machine, beside: [Double]? = [], processes: Int = 1, here: Int = 1
    ) throws -> Double {
      try #require(
        MemoryCheck(
          spec, available: AvailableMemory(bytes: 1 << 40, limit: limit), threads: 4, beside: beside,
          processes: processes, here: here)
      ).needed
    }
    let (whole, quarter) = (try needed(), try needed(processes: 4))
    #expect(quarter < whole / 2)
    #expect(try needed(processes: 4, here: 4) == 4 * quarter)
    #expect(try needed(.addressSpace, processes: 4, here: 4) == quarter, "each process has this limit")
    for limit in [AvailableMemory.Limit.machine, .addressSpace] {
      #expect(try needed(limit, beside: [whole, 5]) == 2 * whole + 5)
    }
    #expect(try needed(beside: nil) == 0)
  }

  @Test("is enough for a process that has a quarter, and not for two trainings where it is for one")
  func suite() throws {
    let large = try digits(["train.shards=4", "train.batch_size=256"])
    let small = try digits(["train.batch_size=32"])
    func needed(_ spec: ExperimentSpec, processes: Int = 1) throws -> Double {
      try #require(MemoryCheck.training(spec, threads: 4, processes: processes))
    }
    func memory(
      _ bytes: Double, _ trainings: [ExperimentSpec], jobs: Int = 1, group: ProcessGroup = .alone
    ) -> SuiteMemory {
      SuiteMemory(
        jobs: jobs, threads: 4, group: group,
        available: AvailableMemory(bytes: Int(bytes) + 1, limit: .machine), trainings: trainings)
    }
    func fits(_ memory: SuiteMemory, _ spec: ExperimentSpec) -> Bool {
      memory.problem(of: spec, trains: true) == nil
    }
    let (whole, quarter, other) = (
      try needed(large), try needed(large, processes: 4), try needed(small)
    )
    let (spread, unknown) = (
      ProcessGroup(rank: 0, count: 4, here: 1, library: nil),
      ProcessGroup(rank: 0, count: 4, here: nil, library: nil)
    )
    #expect(quarter < whole && other < whole)
    #expect(fits(memory(quarter, [large], group: spread), large))
    #expect(!fits(memory(quarter, [large], group: unknown), large))
    #expect(fits(memory(whole, [large], group: unknown), large))
    #expect(!fits(memory(quarter, [large]), large))
    #expect(fits(memory(whole, [large, large]), large))
    #expect(fits(memory(whole, [large], jobs: 2), large))
    #expect(!fits(memory(whole, [large, large], jobs: 2), large))
    let mixed = memory(whole + other, [small, large, small, small], jobs: 2)
    #expect(fits(mixed, large) && fits(mixed, small))
    #expect(mixed.problem(of: large, trains: false) == nil)
    let tight = memory(2 * other, [large, large, small, small], jobs: 2)
    #expect(fits(tight, small) && !fits(tight, large))
  }

  @Test("that is not there for two jobs at the same time ends the experiment before its trainings")
  func jobs() throws {
    let folder = try TemporaryFolder()
    let spec = try digits()
    let needed = try #require(MemoryCheck.training(spec, threads: 1))
    let runner = ExperimentRunner(
      engines: try (0..<2).map { _ in try Engine(threads: 1) }, results: folder.path,
      availableMemory: { AvailableMemory(bytes: Int(needed) + 1, limit: .machine) }, progress: .silent,
      interruption: Interruption())
    let failure = try #require(runner.run([spec]).first?.failure?.description)
    #expect(failure.hasPrefix("2 trainings at the same time need about "))
    #expect(
      failure.hasSuffix(
        "; fewer `--jobs` or a smaller `train.batch_size` or `train.precision: bfloat16` needs less"))
  }

  @Test("of scores from gradients is that of a whole batch in single precision")
  func gradients() throws {
    func needed(_ criterion: String, _ overrides: String...) throws -> Double {
      let spec = try digits(["prune.criterion=\(criterion)", "train.batch_size=256"] + overrides)
      let plenty = AvailableMemory(bytes: 1 << 40, limit: .machine)
      return try #require(MemoryCheck(spec, available: plenty, threads: 1)).needed
    }
    let whole = try needed("taylor")
    #expect(try needed("l1_norm") == whole)
    for override in ["train.precision=bfloat16", "train.shards=4"] {
      #expect(try needed("taylor", override) == whole)
      #expect(try needed("l1_norm", override) < whole)
    }
  }

  @Test("for the latency of a batch that does not fit is reported before the training")
  func latency() throws {
    func check(_ size: Int, bytes: Int, beside: [Double]? = []) throws -> MemoryCheck {
      let spec = try digits(["evaluate.latency={batch_sizes: [1, \(size)]}"])
      return try #require(
        MemoryCheck(
          spec, available: AvailableMemory(bytes: bytes, limit: .machine), threads: 1, beside: beside))
    }
    let (small, large) = (try check(32, bytes: 1 << 26), try check(65536, bytes: 1 << 26))
    #expect(small.problem == nil && small.setting == "train.batch_size")
    #expect(large.setting == "evaluate.latency.batch_sizes")
    #expect(large.problem?.hasPrefix("measuring the latency of a batch of 65536 needs about ") == true)
    #expect(large.problem?.hasSuffix("; smaller `evaluate.latency.batch_sizes` need less") == true)
    #expect(try check(65536, bytes: 1 << 26, beside: nil).problem == large.problem)
    // The image and the output of a convolution, at least.
    #expect(large.needed > 65536 * 4 * 64 * 2)
  }

  @Test("grows with the images of a batch, and needs no network to be counted")
  func growth() throws {
    let huge = ArchitectureSpec(
      name: "vgg19", depth: 19, block: .plain, width: 8, input: [3, 32, 32], classes: 10)
    let graph = try ArchitectureRegistry.graph(huge)
    let memory = graph.trainingMemory(precision: .float32)
    let (one, two, three) = (memory.bytes(images: 1), memory.bytes(images: 2), memory.bytes(images: 3))
    #expect(one > 12 * 20_000_000 * 60)
    #expect(abs((three - two) - (two - one)) < 1e-6 * three)
    // A shard at a time, or as many as there are teams, each with its own gradients.
    let small = try ArchitectureRegistry.graph(
      ArchitectureSpec(name: "resnet20", depth: 20, block: .basic, input: [3, 32, 32], classes: 10)
    ).trainingMemory(precision: .float32)
    let whole = small.bytes(images: 64)
    let shards = [1, 2, 8].map { small.bytes(TrainSpec(epochs: 1, batchSize: 64, shards: 8), threads: $0) }
    #expect(shards[0] < whole && shards[0] < shards[1] && shards[1] < shards[2] && shards[2] > whole)
    // A shard is small enough to save what the whole batch recomputes.
    let large = small.bytes(TrainSpec(epochs: 1, batchSize: 1024, shards: 16), threads: 16)
    #expect(large == 16 * (whole - small.bytes(images: 0)) + (3 + 16 * 2) * small.parameters)
    #expect(large > small.bytes(images: 1024) + 16 * 2 * small.parameters)
  }
}
