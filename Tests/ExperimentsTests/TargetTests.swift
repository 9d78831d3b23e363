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

  @Test("that were missed by more than rounding are announced with what was reached")
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

  @Test("that were missed are expectations, once, and if the training started from a whole network")
  func missedExpectations() throws {
    let start = try prunedStart().structure
    let whole = PrunableGraph(start.original)
    func added(_ overrides: String..., to graph: PrunableGraph) throws -> [ExpectationSpec] {
      try digits(["prune.ratio=null", "prune.flops_ratio=0.4", "prune.minimum_channels=2"] + overrides)
        .missedTarget(of: [graph])
    }
    let expectation = ExpectationSpec(metric: .flopsReduction, limit: .atLeast(0.4))
    #expect(try added(to: whole) == [expectation])
    #expect(try added("expect={flops_reduction: {at_least: 0.3}}", to: whole) == [expectation])
    #expect(try added("expect={flops_reduction: {at_least: 0.4}}", to: whole).isEmpty)
    #expect(try added(to: start).isEmpty, "reports count from the pruned network, the target does not")
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

  @Test("that were missed give the warning again in a run that finds the steps, or all, in the cache")
  func missedBefore() throws {
    let folder = try TemporaryFolder()
    let spec = try gated("ratio: 0.75")
    let shown = ShownLines()
    for count in 1...3 {
      let interruption = Interruption()
      // After the step, which follows the two epochs of the baseline.
      let printer = shown.printer(afterEpoch: 3) { interruption.request() }
      let runner = ExperimentRunner(
        engines: [try Engine(threads: 1)], results: folder.path, progress: printer,
        interruption: interruption)
      #expect(runner.run([spec]).map { $0.failure == nil } == [count > 1])
      #expect(shown.count("after epoch 1, the steps removed 14 channels, but the target was 18") == count)
    }
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
