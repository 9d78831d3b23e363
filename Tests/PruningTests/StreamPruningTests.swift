import Architectures
import Compute
import Network
import Specification
import Testing

@testable import Pruning

@Suite("Pruning of residual streams")
struct StreamPruningTests {
  @Test("a stream's score is the mean over its layers, 0 where a layer has lost the channel")
  func scores() throws {
    let network = try network()
    network.remove(channels: ["layer1.0.conv2": [0], "stream.0": [3]])
    // Of the members of stream.0, `conv1` and `layer1.0.conv2` are scored; channels 0, 1, 2, 4, ...
    // are left.
    let own = (0..<15).map { Double($0) }
    network.prunesStreams = true
    let scores = network.structure.groupScores(["conv1": own, "layer1.0.conv2": Array(own.prefix(14))])
    #expect(scores["stream.0"] == own.map { $0 == 0 ? 0 : ($0 + $0 - 1) / 2 })
    #expect(scores["stream.1"] == nil)
    let name = PrunableGraph.scoreName(ofStream: "stream.0")
    #expect(network.structure.groupScores([name: own]) == ["stream.0": own])
  }

  @Test(
    "every criterion scores them, from the layers that it scores",
    arguments: CriterionRegistry.entries.map(\.name))
  func criteria(_ name: String) throws {
    let network = try network(width: 0.5, size: 8)
    network.prunesStreams = true
    var stream = RandomStream(seed: 5, purpose: .test)
    for parameter in network.parameters where parameter.name.contains("bn") || parameter.name.contains(".1.")
    {
      parameter.value.values = parameter.value.values.map { $0 + stream.uniform() }
    }
    let criterion = try #require(CriterionRegistry.make(name))
    let data = CriteriaTests.data(channels: 3)
    let scores = network.structure.groupScores(
      normalizedByLayer(criterion.importance(of: network, on: data)))
    for group in network.streamGroups {
      let values = try #require(scores[group.name])
      #expect(values.count == group.kept.count)
      #expect(values.allSatisfy { $0 >= 0 && $0.isFinite })
      #expect(Set(values).count > 1)
    }
  }

  @Test(
    "every criterion scores the streams of a network's declaration as those of the network",
    arguments: CriterionRegistry.entries.map(\.name))
  func declared(_ name: String) throws {
    let network = try network(width: 0.5, size: 8)
    let spec = ArchitectureSpec(
      name: "layers", depth: 0, block: .plain, input: [3, 8, 8], classes: 4,
      declaration: try ArchitectureDeclaration(network.graph))
    let declared = try ArchitectureRegistry.build(spec, seed: 2, engine: network.engine)
    try declared.load(network.tensorFile(), from: "memory")
    let criterion = try #require(CriterionRegistry.make(name))
    let scores = [network, declared].map { network in
      network.prunesStreams = true
      let scores = network.structure.groupScores(
        normalizedByLayer(criterion.importance(of: network, on: CriteriaTests.data(channels: 3))))
      return (network.channelGroups + network.streamGroups).map { scores[$0.name] }
    }
    #expect(scores[0] == scores[1])
  }

  static let targets: [PruneSpec.Target] = [
    .ratio(0.6), .channelsPerStep(40), .parameterRatio(0.6), .flopsRatio(0.5),
  ]

  @Test("reaches its targets, step by step", arguments: targets)
  func reached(_ target: PruneSpec.Target) throws {
    let network = try network()
    let (before, total) = (network.cost(), network.prunableChannels)
    prune(network, spec(target))
    let gone = total - network.prunableChannels
    // A stream's channel takes up to three of its layers'.
    switch target {
    case .ratio(let ratio): #expect(abs(Double(gone) - ratio * Double(total)) <= 2)
    case .channelsPerStep(let channels): #expect(abs(gone - 3 * channels) <= 2)
    case .parameterRatio(let ratio):
      #expect(Double(network.cost().parameters) <= (1 - ratio) * Double(before.parameters))
    case .flopsRatio(let ratio): #expect(Double(network.cost().macs) <= (1 - ratio) * Double(before.macs))
    }
    #expect(network.streamGroups.contains { $0.kept.count < $0.originalCount })
    #expect(
      network.channelGroups.contains { !$0.name.hasSuffix("conv2") && $0.kept.count < $0.originalCount })
  }

  @Test(
    "holds the floor and the multiple in every layer", arguments: [(1, 1), (5, 1), (1, 4), (6, 4), (20, 1)])
  func floors(_ minimum: Int, _ multiple: Int) throws {
    for seed in 0..<8 {
      let network = try network()
      let before = network.layers()
      prune(network, spec(.ratio(0.9), minimum: minimum, roundTo: multiple), seed: UInt64(seed))
      for (layer, whole) in zip(network.layers(), before) where layer.kind == .convolution {
        #expect(
          layer.channels >= min(minimum, whole.channels) && layer.channels % multiple == 0, "\(layer)")
      }
      for group in network.channelGroups { #expect(!group.kept.isEmpty) }
    }
  }

  @Test("removes what it says: the layers' channels that go with a stream's are in the list")
  func explicit() throws {
    let schedule = PruningSchedule(spec(.ratio(0.5)), epochs: 4)
    for graph in [try network().structure, try nested(), try PruningScheduleTests.sumOfUnits()] {
      var streams: Set<String> = []
      for seed in 0..<6 {
        let removals = schedule.removals(
          after: 3, graph: graph, scores: scores(of: graph, seed: UInt64(seed)))
        let smaller = graph.removing(removals)
        for group in smaller.channelGroups + smaller.streamGroups {
          let gone = Set(0..<group.originalCount).subtracting(group.kept)
          #expect(gone == removals[group.name] ?? [], "\(group.name)")
          if group.kind == .stream, !gone.isEmpty { streams.insert(group.name) }
        }
      }
      #expect(streams == Set(graph.streamGroups.map(\.name)))
    }
  }

  @Test(
    "leaves layers their floors where a stream's channel takes several of a layer's channels along",
    arguments: [(1, [1, 3, 5, 7]), (3, [1, 3])])
  func severalAtOnce(_ minimum: Int, _ lowest: [Int]) throws {
    let graph = try grouped()
    var scores = Dictionary(
      uniqueKeysWithValues: (graph.channelGroups + graph.streamGroups).map { group in
        (group.name, [Double](repeating: 100, count: group.originalCount))
      })
    for channel in lowest { scores["last"]?[channel] = 0 }
    scores["stem"]?[0] = 1
    let schedule = PruningSchedule(spec(.channelsPerStep(8), minimum: minimum), epochs: 4)
    let removals = schedule.removals(after: 1, graph: graph, scores: scores)
    let smaller = graph.removing(removals)
    for group in smaller.channelGroups + smaller.streamGroups {
      let gone = Set(0..<group.originalCount).subtracting(group.kept)
      #expect(gone == removals[group.name] ?? [], "\(group.name)")
      #expect(group.kept.count * group.width >= minimum, "\(group.name)")
    }
  }

  @Test("counts once what goes with a sum and with the sum around it")
  func nestedFloors() throws {
    let graph = try nested()
    let ranks = (0..<6).map { Double(2 * $0) }
    let scores = ["first": ranks, "stem": ranks.map { $0 + 1 }, "second": ranks.map { $0 + 100 }]
    let removals = PruningSchedule(spec(.ratio(0.9)), epochs: 4).removals(
      after: 3, graph: graph, scores: scores)
    let smaller = graph.removing(removals)
    #expect((smaller.streamGroups + smaller.channelGroups).map(\.kept) == [[4, 5], [5], [5]])
  }

  @Test("holds the multiple in a sum within a sum, which loses channels with the outer one")
  func nestedMultiples() throws {
    let graph = try nested()
    var scores = Dictionary(
      uniqueKeysWithValues: ["stem", "first", "second"].map { ($0, [Double](repeating: 100, count: 6)) })
    let order = [("first", 3), ("first", 1), ("stem", 3), ("stem", 0), ("second", 5), ("second", 4)]
    for (rank, (group, channel)) in order.enumerated() { scores[group]?[channel] = Double(rank) }
    let spec = PruneSpec(
      criterion: "random", target: .channelsPerStep(4), interval: 1, until: 1, scope: .stream, roundTo: 2)
    let removals = PruningSchedule(spec, epochs: 2).removals(after: 1, graph: graph, scores: scores)
    let smaller = graph.removing(removals)
    let kept = (smaller.streamGroups + smaller.channelGroups).map(\.kept)
    #expect(kept == [[1, 2, 4, 5], [1, 2, 4, 5], [1, 2]])
  }

  @Test("leaves streams alone where the scope is the block")
  func block() throws {
    let network = try network()
    var spec = spec(.ratio(0.6))
    spec.scope = .block
    prune(network, spec)
    #expect(network.streamGroups.allSatisfy { $0.kept.count == $0.originalCount })
  }

  // MARK: Making and pruning networks

  /// A sum of sums: that of the stem, and that of `first` and `second` within it.
  private func nested() throws -> PrunableGraph {
    var builder = GraphBuilder(input: FeatureShape(channels: 3, rows: 8, columns: 8))
    func convolution(_ layer: String, _ input: Graph.Value) throws -> Graph.Value {
      try builder.add(Convolution(outputs: 6, kernel: 3), [input], layer: layer)
    }
    let stem = try convolution("stem", .image)
    let first = try convolution("first", stem)
    let second = try convolution("second", first)
    let inner = try builder.add(Add(operands: 2, shortcut: 0), [first, second], layer: "inner")
    let outer = try builder.add(Add(operands: 2, shortcut: 0), [stem, inner], layer: "outer")
    return try classified(outer, &builder)
  }

  /// With a classifier, and pruned streams.
  private func classified(_ value: Graph.Value, _ builder: inout GraphBuilder) throws -> PrunableGraph {
    let mean = try builder.add(GlobalAveragePooling(), [value], layer: "mean")
    _ = try builder.add(Linear(outputs: 4), [mean], layer: "fc")
    var graph = PrunableGraph(try builder.graph())
    graph.prunesStreams = true
    return graph
  }

  /// A stream whose channels are sets of four, with each of which four channels of `last` go.
  private func grouped() throws -> PrunableGraph {
    var builder = GraphBuilder(input: FeatureShape(channels: 3, rows: 8, columns: 8))
    let stem = try builder.add(Convolution(outputs: 8, kernel: 3), [.image], layer: "stem")
    let inner = try builder.add(Convolution(outputs: 8, kernel: 3, groups: 4), [stem], layer: "inner")
    let last = try builder.add(Convolution(outputs: 8, kernel: 1), [inner], layer: "last")
    let sum = try builder.add(Add(operands: 2, shortcut: 0), [stem, last], layer: "sum")
    return try classified(sum, &builder)
  }

  private func prune(_ network: Network, _ spec: PruneSpec, seed: UInt64 = 1) {
    let schedule = PruningSchedule(spec, epochs: 4)
    for epoch in schedule.epochs {
      network.remove(
        channels: schedule.removals(
          after: epoch, graph: network.structure,
          scores: scores(of: network.structure, seed: seed + UInt64(epoch))))
    }
  }

  private func scores(of graph: PrunableGraph, seed: UInt64) -> [String: [Double]] {
    var stream = RandomStream(seed: seed, purpose: .test)
    let groups = graph.channelGroups + graph.streamGroups
    return Dictionary(
      uniqueKeysWithValues: groups.map { ($0.name, $0.kept.map { _ in Double(stream.uniform()) }) })
  }

  private func spec(_ target: PruneSpec.Target, minimum: Int = 1, roundTo: Int = 1) -> PruneSpec {
    PruneSpec(
      criterion: "random", target: target, interval: 1, until: 3, scope: .stream, minimumChannels: minimum,
      roundTo: roundTo)
  }

  private func network(width: Double = 1, size: Int = 16) throws -> Network {
    let spec = ArchitectureSpec(
      name: "resnet", depth: 20, block: .basic, width: width, input: [3, size, size], classes: 4)
    return try ArchitectureRegistry.build(spec, seed: 1, engine: Engine(threads: 1))
  }
}
