import Architectures
import Compute
import Network
import Specification
import Testing

@testable import Pruning

@Suite("Pruning schedule")
struct PruningScheduleTests {
  @Test("a ratio is reached exactly, spread evenly over the steps")
  func ratio() throws {
    let network = try resnet()
    let total = network.prunableChannels
    let removed = try prune(network, .ratio(0.4), interval: 2, until: 8, epochs: 10)
    #expect(removed.count == 4)
    #expect(total - network.prunableChannels == Int((0.4 * Double(total)).rounded()))
    for count in removed { #expect(abs(count - total / 10) <= 1) }
  }

  @Test("a number of channels a step is taken at every step, and 22 of 512 hidden units")
  func channelsPerStep() throws {
    let network = try vgg()
    let hidden = { network.channelGroups.last?.kept.count ?? 0 }
    let removed = try prune(network, .channelsPerStep(9), interval: 1, until: 3, epochs: 5)
    #expect(removed == [9 + 2, 9 + 2, 9 + 3])
    #expect(hidden() == 51 - 7)
  }

  @Test("hidden units lose the same ratio as the convolutions")
  func hiddenUnits() throws {
    let network = try vgg()
    _ = try prune(network, .ratio(0.5), interval: 1, until: 2, epochs: 3)
    #expect(network.channelGroups.last?.kept.count == 51 - 26)
  }

  @Test("a FLOPs target is reached with as few channels as possible", arguments: [0.3, 0.56])
  func flops(_ target: Double) throws {
    let network = try resnet()
    let before = Double(network.cost().macs)
    _ = try prune(network, .flopsRatio(target), interval: 1, until: 3, epochs: 4)
    let reduction = 1 - Double(network.cost().macs) / before
    #expect(reduction >= target)
    // A channel of the last stage is less than 0.4 % of all, one of the first less than 0.8 %.
    #expect(reduction < target + 0.008)
  }

  @Test("a parameter target is reached with as few channels as possible")
  func parameters() throws {
    let network = try vgg()
    let before = Double(network.cost().parameters)
    _ = try prune(network, .parameterRatio(0.6), interval: 1, until: 3, epochs: 4)
    let reduction = 1 - Double(network.cost().parameters) / before
    #expect(reduction >= 0.6)
    #expect(reduction < 0.62)
  }

  @Test("the floor holds in every layer, and others pay for it")
  func floor() throws {
    let network = try resnet()
    let total = network.prunableChannels
    _ = try prune(network, .ratio(0.7), interval: 1, until: 1, epochs: 2, minimum: 4)
    #expect(network.channelGroups.allSatisfy { $0.kept.count >= 4 })
    #expect(total - network.prunableChannels == Int((0.7 * Double(total)).rounded()))
  }

  @Test(
    "layers keep multiples where asked, and the ratio is met as closely as they allow", arguments: [2, 4, 8])
  func multiples(_ multiple: Int) throws {
    let network = try resnet()
    let total = network.prunableChannels
    _ = try prune(network, .ratio(0.5), interval: 1, until: 3, epochs: 4, roundTo: multiple)
    #expect(network.channelGroups.allSatisfy { $0.kept.count % multiple == 0 && !$0.kept.isEmpty })
    #expect(abs(total / 2 - (total - network.prunableChannels)) <= multiple / 2)
  }

  @Test("layers whose width is no multiple lose what is over, unless that would be all")
  func oddWidths() throws {
    let network = try network("resnet", 8, .basic, 0.375, 32)
    #expect(network.channelGroups.map(\.kept.count) == [6, 6, 12, 12, 24, 24])
    _ = try prune(network, .ratio(0.3), interval: 1, until: 1, epochs: 2, roundTo: 8)
    #expect(network.channelGroups.map(\.kept.count) == [6, 6, 8, 8, 16, 16])
  }

  @Test(
    "multiples and minimums are of channels, also where a grouped convolution ties them",
    arguments: [(8, 1, 16), (16, 1, 16), (12, 1, 24), (1, 24, 24)])
  func groupedConvolutions(_ roundTo: Int, _ minimum: Int, _ left: Int) throws {
    var builder = GraphBuilder(input: FeatureShape(channels: 3, rows: 4, columns: 4))
    let first = try builder.convolution(
      Convolution(outputs: 32, kernel: 1), of: .image, layer: "c", norm: "n")
    let grouped = try builder.convolution(
      Convolution(outputs: 32, kernel: 3, groups: 8), of: first, layer: "g", norm: "m")
    let mean = try builder.add(GlobalAveragePooling(), [grouped], layer: "mean")
    _ = try builder.add(Linear(outputs: 4), [mean], layer: "fc")
    let graph = PrunableGraph(try builder.graph())
    #expect(graph.channelGroups.map(\.originalCount) == [4, 4])
    #expect(graph.channelGroups.map(\.width) == [8, 8])
    let spec = Self.spec(.ratio(0.5), interval: 1, until: 1, minimum: minimum, roundTo: roundTo)
    let removals = PruningSchedule(spec, epochs: 2).removals(
      after: 1, graph: graph, scores: ["c": [0, 1, 2, 3], "g": [0.5, 1.5, 2.5, 3.5]])
    #expect(graph.removing(removals).layers.prefix(2).map(\.channels) == [left, left])
  }

  @Test("a number of channels a step does not count those that a pruned model to start from lacks")
  func prunedStart() throws {
    let start = try resnet()
    start.remove(channels: ["layer1.0.conv1": Set(0..<12), "layer3.0.conv2": Set(0..<30)])
    let schedule = PruningSchedule(Self.spec(.channelsPerStep(9), interval: 1, until: 3), epochs: 5)
    var random = RandomStream(seed: 4, purpose: .test)
    var checkpoint = start.tensorFile()
    for epoch in schedule.epochs {
      // As after an interruption.
      let network = try resnet()
      try network.load(model: start.tensorFile(), from: "start")
      try network.load(checkpoint, from: "checkpoint")
      let scores = Dictionary(
        uniqueKeysWithValues: network.channelGroups.map { group in
          (group.name, group.kept.map { _ in Double(random.uniform()) })
        })
      let removals = schedule.removals(after: epoch, graph: network.structure, scores: scores)
      #expect(removals.values.map(\.count).reduce(0, +) == 9)
      network.remove(channels: removals)
      checkpoint = network.tensorFile()
    }
  }

  @Test("the lowest of all layers go, at the second step too; hidden units by themselves")
  func lowest() throws {
    let network = try vgg()
    let schedule = PruningSchedule(Self.spec(.channelsPerStep(9), interval: 1, until: 3), epochs: 5)
    var random = RandomStream(seed: 4, purpose: .test)
    for epoch in 1...2 {
      let groups = network.channelGroups
      // One layer has by far the lowest scores.
      let scores = Dictionary(
        uniqueKeysWithValues: groups.enumerated().map { index, group in
          (group.name, group.kept.map { _ in Double(random.uniform()) * (index == 3 ? 0.3 : 1) })
        })
      let removals = schedule.removals(after: epoch, graph: network.structure, scores: scores)
      for (kind, count) in [(ChannelGroup.Kind.convolution, 9), (.hiddenUnits, 2)] {
        let own = groups.filter { $0.kind == kind }
        let ranked = own.flatMap { group in
          zip(group.kept, scores[group.name] ?? []).map { (group: group.name, channel: $0, score: $1) }
        }.sorted { $0.score < $1.score }
        let expected = Dictionary(grouping: ranked.prefix(count), by: \.group)
          .mapValues { Set($0.map(\.channel)) }
        let names = Set(own.map(\.name))
        #expect(removals.filter { names.contains($0.key) } == expected, "epoch \(epoch), \(kind)")
      }
      network.remove(channels: removals)
    }
  }

  @Test("a cubic schedule removes much at first and little at the end, and as much in total")
  func cubic() throws {
    let network = try resnet()
    let total = Double(network.prunableChannels)
    let removed = try prune(network, .ratio(0.4), interval: 1, until: 4, epochs: 5, schedule: .cubic)
    var gone = 0.0
    for (step, count) in removed.enumerated() {
      gone += Double(count)
      let left = 1 - Double(step + 1) / 4
      #expect(abs(gone - 0.4 * total * (1 - left * left * left)) <= 0.5)
    }
  }

  @Test("one shot removes everything after the last epoch")
  func oneShot() throws {
    let network = try resnet()
    let total = Double(network.prunableChannels)
    let schedule = PruneSpec.Schedule.oneShot(.init(epochs: 3, learningRate: 0.01))
    let removed = try prune(network, .ratio(0.4), interval: 5, until: 5, epochs: 5, schedule: schedule)
    #expect(removed == [Int((0.4 * total).rounded())])
  }

  @Test("steps happen every interval up to and including the last allowed epoch")
  func epochs() {
    let spec = Self.spec(.ratio(0.4), interval: 21, until: 150)
    #expect(PruningSchedule(spec, epochs: 200).epochs == [21, 42, 63, 84, 105, 126, 147])
    #expect(PruningSchedule(spec, epochs: 50).epochs == [21, 42])
  }

  @Test("ties go to the lower layer, then to the lower channel; unknown scores rank last")
  func ties() {
    let groups = ["a", "b"].map {
      ChannelGroup(name: $0, kind: .convolution, originalCount: 3, kept: [0, 1, 2])
    }
    let order = ranking(groups, scores: ["a": [1, 0, .nan], "b": [0, 0, 2]])
    #expect(order.map { "\($0.group)\($0.channel)" } == ["a1", "b0", "b1", "a0", "b2", "a2"])
  }

  @Test("normalization divides by the layer's norm, and survives a layer of zeros")
  func normalization() {
    let scores = normalizedByLayer(["a": [3, 4], "b": [0, 0]])
    #expect(abs((scores["a"]?[0] ?? 0) - 0.6) < 1e-8)
    #expect(scores["b"] == [0, 0])
  }

  @Test(
    "layers keep what validation says they keep at least",
    arguments: [
      (1, 1, nil), (3, 1, nil), (1, 4, nil), (5, 4, nil), (9, 4, nil), (1, 5, nil), (7, 5, nil), (4, 24, nil),
      (40, 1, nil), (1, 1, 0.3), (1, 12, 0.1), (1, 24, 0.2), (1, 24, 0.3), (1, 48, 0.1), (13, 4, 0.5),
    ] as [(Int, Int, Double?)])
  func floors(_ minimum: Int, _ roundTo: Int, _ maximumLayerRatio: Double?) throws {
    let network = try resnet()
    var spec = Self.spec(
      .channelsPerStep(9999), interval: 1, until: 1, minimum: minimum, roundTo: roundTo)
    spec.maximumLayerRatio = maximumLayerRatio
    _ = try prune(network, spec, epochs: 2)
    for group in network.channelGroups {
      let floor = spec.floor(ofLayerWith: group.originalCount, width: group.width)
      #expect(group.kept.count == floor, "\(group.name)")
    }
  }

  @Test("the floor of hidden units that a stream takes along holds from step to step")
  func coupledUnits() throws {
    var graph = try Self.sumOfUnits()
    var spec = Self.spec(.ratio(0.25), interval: 1, until: 2)
    (spec.scope, spec.maximumLayerRatio) = (.stream, 0.25)
    // The second layer loses units alone, and then others with the first, all at once.
    for (index, order) in [["second", "c", "first"], ["first", "second", "c"]].enumerated() {
      let scores = Dictionary(
        uniqueKeysWithValues: (graph.channelGroups + graph.streamGroups).map { group in
          let rank = Double(order.firstIndex(of: group.name) ?? 0)
          return (group.name, group.kept.map { rank + Double(group.name == "second" ? 15 - $0 : $0) / 100 })
        })
      let removals = PruningSchedule(spec, epochs: 3).removals(
        after: index + 1, graph: graph, scores: scores)
      graph = graph.removing(removals)
      for group in graph.channelGroups + graph.streamGroups {
        #expect(group.kept.count >= 12, "\(group.name) after step \(index + 1)")
      }
    }
    #expect(graph.channelGroups.first { $0.name == "second" }?.kept.count == 12)
  }

  // MARK: Making and pruning networks

  /// A convolution, and a stream of hidden units: the sum of two linear layers.
  static func sumOfUnits() throws -> PrunableGraph {
    var builder = GraphBuilder(input: FeatureShape(channels: 3, rows: 4, columns: 4))
    let stem = try builder.convolution(Convolution(outputs: 16, kernel: 3), of: .image, layer: "c", norm: "n")
    let mean = try builder.add(GlobalAveragePooling(), [stem], layer: "mean")
    let first = try builder.add(Linear(outputs: 16), [mean], layer: "first")
    let second = try builder.add(Linear(outputs: 16), [first], layer: "second")
    let sum = try builder.add(Add(operands: 2, shortcut: 0), [first, second], layer: "sum")
    _ = try builder.add(Linear(outputs: 4), [sum], layer: "fc")
    var graph = PrunableGraph(try builder.graph())
    graph.prunesStreams = true
    return graph
  }

  /// Channels and units removed at each step.
  private func prune(
    _ network: Network, _ target: PruneSpec.Target, interval: Int, until: Int, epochs: Int,
    schedule: PruneSpec.Schedule = .constant, minimum: Int = 1, roundTo: Int = 1
  ) throws -> [Int] {
    try prune(
      network,
      Self.spec(
        target, interval: interval, until: until, schedule: schedule, minimum: minimum, roundTo: roundTo),
      epochs: epochs)
  }

  private func prune(_ network: Network, _ spec: PruneSpec, epochs: Int) throws -> [Int] {
    let schedule = PruningSchedule(spec, epochs: epochs)
    let criterion = try #require(CriterionRegistry.make("random"))
    return schedule.epochs.map { epoch in
      let data = ScoringData(seed: 1, epoch: epoch) { AnyIterator { nil } }
      let scores = normalizedByLayer(criterion.importance(of: network, on: data))
      let removals = schedule.removals(after: epoch, graph: network.structure, scores: scores)
      network.remove(channels: removals)
      return removals.values.map(\.count).reduce(0, +)
    }
  }

  private static func spec(
    _ target: PruneSpec.Target, interval: Int, until: Int, schedule: PruneSpec.Schedule = .constant,
    minimum: Int = 1, roundTo: Int = 1
  ) -> PruneSpec {
    PruneSpec(
      criterion: "random", target: target, interval: interval, until: until, schedule: schedule, samples: nil,
      minimumChannels: minimum, roundTo: roundTo, options: [:])
  }

  private func resnet() throws -> Network {
    try network("resnet", 20, .basic, 1, 32)
  }

  private func vgg() throws -> Network {
    try network("vgg16", 16, .plain, 0.1, 32)
  }

  private func network(
    _ name: String, _ depth: Int, _ block: ArchitectureSpec.BlockKind, _ width: Double, _ size: Int
  ) throws -> Network {
    try network(
      ArchitectureSpec(
        name: name, depth: depth, block: block, width: width, input: [3, size, size], classes: 10,
        weights: nil))
  }

  private func network(_ spec: ArchitectureSpec) throws -> Network {
    try ArchitectureRegistry.build(spec, seed: 1, engine: Engine(threads: 1))
  }
}
