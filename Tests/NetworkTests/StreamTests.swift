import Architectures
import Compute
import Specification
import Testing

@testable import Network

@Suite("Residual streams")
struct StreamTests {
  @Test("are what a stem or projection starts, and what the last convolutions behind it add to")
  func members() throws {
    let basic = try network("resnet", 14, .basic)
    #expect(basic.streamGroups.map(\.name) == ["stream.0", "stream.1", "stream.2"])
    #expect(basic.streamGroups.map(\.originalCount) == [16, 32, 64])
    #expect(
      basic.streamGroups.map(\.members) == [
        ["conv1", "layer1.0.conv2", "layer1.1.conv2"],
        ["layer2.0.conv2", "layer2.0.shortcut.0", "layer2.1.conv2"],
        ["layer3.0.conv2", "layer3.0.shortcut.0", "layer3.1.conv2"],
      ])
    // A bottleneck's first block widens the stem's stream.
    let bottleneck = try network("resnet50", 50, .bottleneck)
    #expect(bottleneck.streamGroups.map(\.originalCount) == [64, 256, 512, 1024, 2048])
    #expect(bottleneck.streamGroups[0].members == ["conv1"])
    #expect(
      bottleneck.streamGroups[1].members == [
        "layer1.0.conv3", "layer1.0.downsample.0", "layer1.1.conv3", "layer1.2.conv3",
      ])
    #expect(try network("vgg11", 11, .plain).streamGroups.isEmpty)
  }

  @Test("lose a channel from everything that makes or reads it")
  func removal() throws {
    let network = try network("resnet18", 18, .basic)
    network.remove(channels: ["stream.1": [0, 5, 127], "layer2.1.conv2": [7]])
    let shapes = network.tensors.mapValues(\.shape)
    #expect(shapes["layer2.0.downsample.0.weight"] == [125, 64, 1, 1])
    #expect(shapes["layer2.0.downsample.1.running_var"] == [125])
    #expect(shapes["layer2.0.conv2.weight"] == [125, 128, 3, 3])
    #expect(shapes["layer2.1.conv1.weight"] == [128, 125, 3, 3])
    #expect(shapes["layer2.1.conv2.weight"] == [124, 128, 3, 3])
    #expect(shapes["layer3.0.conv1.weight"] == [256, 125, 3, 3])
    #expect(shapes["layer3.0.downsample.0.weight"] == [256, 125, 1, 1])
    #expect(network.streamGroups[1].kept == [1, 2, 3, 4] + Array(6...126))
    let last = try #require(network.channelGroups.first { $0.name == "layer2.1.conv2" })
    #expect(last.kept == [1, 2, 3, 4, 6] + Array(8...126))
  }

  @Test("keep a channel that is the last of a layer")
  func floor() throws {
    let network = try network("resnet", 8, .basic)
    network.keep(channels: ["layer1.0.conv2": [3]])
    network.remove(channels: ["stream.0": Set(0..<16), "stream.2": Set(0..<1000), "stream.9": [1]])
    #expect(network.streamGroups.map(\.kept.count) == [1, 32, 1])
    #expect(network.streamGroups[0].kept == [3])
    #expect(evaluate(network).allSatisfy { $0.isFinite })
  }

  /// A sum of sums: `outer` is of the stem and `inner`, which is of `first` and `second`.
  private func nested(keeping kept: String? = nil) throws -> PrunableGraph {
    var builder = GraphBuilder(input: FeatureShape(channels: 3, rows: 8, columns: 8))
    func convolution(_ layer: String, _ input: Graph.Value) throws -> Graph.Value {
      try builder.add(
        Convolution(outputs: 6, kernel: 3), [input], layer: layer,
        pruning: layer == kept ? .kept : .prunable)
    }
    let stem = try convolution("stem", .image)
    let first = try convolution("first", stem)
    let second = try convolution("second", first)
    let inner = try builder.add(
      Add(operands: 2, shortcut: 0), [first, second], layer: "inner",
      pruning: kept == "inner" ? .kept : .prunable)
    let outer = try builder.add(Add(operands: 2, shortcut: 0), [stem, inner], layer: "outer")
    let mean = try builder.add(GlobalAveragePooling(), [outer], layer: "mean")
    _ = try builder.add(Linear(outputs: 4), [mean], layer: "fc")
    return PrunableGraph(try builder.graph())
  }

  @Test("of sums of sums have the layers of all of them, in members and in scores")
  func sumsOfSums() throws {
    var graph = try nested()
    graph.prunesStreams = true
    #expect(graph.streamGroups.map(\.name) == ["stem", "first"])
    #expect(graph.streamGroups.map(\.members) == [["stem", "first", "second"], ["first", "second"]])
    #expect(graph.channelGroups.map(\.name) == ["second"])
    let ones = [Double](repeating: 1, count: 6)
    let scores = graph.groupScores(
      ["stem": ones, "first": ones.map { 2 * $0 }, "second": ones.map { 6 * $0 }])
    #expect(scores["stem"] == ones.map { 3 * $0 } && scores["first"] == ones.map { 4 * $0 })
    let smaller = graph.removing(["stem": [2]])
    #expect((smaller.streamGroups + smaller.channelGroups).allSatisfy { $0.kept == [0, 1, 3, 4, 5] })
  }

  @Test("keep all channels where a branch keeps them, and what else follows them may lose its own")
  func keptBranches() throws {
    let second = try nested(keeping: "second")
    #expect((second.streamGroups + second.channelGroups).isEmpty)
    let first = try nested(keeping: "first")
    #expect(first.streamGroups.isEmpty && first.channelGroups.map(\.name) == ["second"])
  }

  @Test("keep all channels where a sum keeps them, as do the layers that it adds up")
  func keptSum() throws {
    let inner = try nested(keeping: "inner")
    #expect((inner.streamGroups + inner.channelGroups).isEmpty)
  }

  @Test("keep all channels where they are the logits, as do linear layers that are added to these")
  func logits() throws {
    var builder = GraphBuilder(input: FeatureShape(channels: 3, rows: 8, columns: 8))
    let stem = try builder.add(Convolution(outputs: 6, kernel: 3), [.image], layer: "stem")
    let mean = try builder.add(GlobalAveragePooling(), [stem], layer: "mean")
    let parts = try ["fc1", "fc2", "fc3"].map { try builder.add(Linear(outputs: 4), [mean], layer: $0) }
    let inner = try builder.add(Add(operands: 2, shortcut: 0), Array(parts[1...]), layer: "inner")
    _ = try builder.add(Add(operands: 2, shortcut: 0), [parts[0], inner], layer: "outer")
    var graph = PrunableGraph(try builder.graph())
    graph.prunesStreams = true
    #expect(graph.streamGroups.isEmpty && graph.channelGroups.map(\.name) == ["stem"])
    #expect(graph.scoredLayers.map(\.name) == ["stem"])
  }

  @Test("keep all channels where a branch is the image")
  func imageAsBranch() throws {
    var builder = GraphBuilder(input: FeatureShape(channels: 2, rows: 3, columns: 3))
    let flat = try builder.add(Flatten(), [.image], layer: "flat")
    let linear = try builder.add(Linear(outputs: 18), [.image], layer: "linear")
    let sum = try builder.add(Add(operands: 2, shortcut: 0), [linear, flat], layer: "sum")
    let hidden = try builder.add(Linear(outputs: 5), [sum], layer: "hidden")
    _ = try builder.add(Linear(outputs: 4), [hidden], layer: "fc")
    let graph = PrunableGraph(try builder.graph())
    #expect(graph.streamGroups.isEmpty && graph.channelGroups.map(\.name) == ["hidden"])
  }

  @Test(
    "shrink by any removals, step after step, as predicted, and load again",
    arguments: [("resnet", 14, ArchitectureSpec.BlockKind.basic), ("resnet50", 50, .bottleneck)], 0..<6)
  func randomRemovals(_ architecture: (String, Int, ArchitectureSpec.BlockKind), seed: Int) throws {
    let (name, depth, block) = architecture
    let network = try network(name, depth, block, width: 0.125)
    var stream = RandomStream(seed: UInt64(seed), purpose: .test)
    for _ in 0..<3 {
      var removed: [String: Set<Int>] = [:]
      for group in network.channelGroups + network.streamGroups where stream.below(2) == 0 {
        removed[group.name] = Set(group.kept.filter { _ in stream.below(4) == 0 })
      }
      network.remove(channels: removed)
      try checkInvariants(network)
    }
    let whole = try self.network(name, depth, block, width: 0.125)
    let gone = (network.channelGroups + network.streamGroups).map {
      ($0.name, Set(0..<$0.originalCount).subtracting($0.kept))
    }
    #expect(whole.structure.removing(Dictionary(uniqueKeysWithValues: gone)).cost == network.cost())
    try whole.load(network.tensorFile(), from: "memory")
    #expect(whole.tensors == network.tensors)
    #expect(evaluate(whole) == evaluate(network))
  }

  private func checkInvariants(_ network: Network) throws {
    let structure = network.structure
    for group in network.streamGroups {
      #expect(!group.kept.isEmpty && group.kept == group.kept.sorted())
      for maker in structure.structure.makers where group.members.contains(maker.layer) {
        let kept = structure.kept[maker.value.index]
        #expect(!kept.isEmpty && kept.count == network.store[maker.node][0].value.shape[0])
        #expect(network.store[maker.node + 1][2].value.count == kept.count)
        if case .stream = maker.pruning { #expect(kept == group.kept) }
        #expect(Set(kept).isSubset(of: group.kept))
      }
    }
    // What reads a value has a column for each of its channels.
    for (index, node) in network.graph.nodes.enumerated() where node.operation is Convolution {
      let inputs = structure.kept[node.inputs[0].index].count
      #expect(network.store[index][0].value.shape[1] == inputs)
    }
    #expect(network.layers().last?.inputs == network.streamGroups.last?.kept.count)
    for parameter in network.parameters {
      #expect(parameter.velocity.shape == parameter.value.shape)
      #expect(parameter.gradient.shape == parameter.value.shape)
    }
    #expect(evaluate(network).allSatisfy { $0.isFinite })
  }

  @Test("that a file tells wrongly are an error")
  func wrongFile() throws {
    let network = try network("resnet", 8, .basic)
    network.remove(channels: ["stream.1": [4]])
    var file = network.tensorFile()
    #expect(file.metadata["espalier.kept.stream.1"]?.hasPrefix("0,1,2,3,5") == true)
    file.metadata["espalier.kept.layer2.0.conv2"] = "4"
    #expect(throws: ModelFileError.self) {
      try self.network("resnet", 8, .basic).load(file, from: "memory")
    }
    file.metadata["espalier.kept.layer2.0.conv2"] = nil
    file.metadata["espalier.kept.stream.1"] = "99"
    #expect(throws: ModelFileError.self) {
      try self.network("resnet", 8, .basic).load(file, from: "memory")
    }
  }

  private func evaluate(_ network: Network) -> [Float] {
    var stream = RandomStream(seed: 9, purpose: .test)
    let count = 2 * network.input.channels * network.input.rows * network.input.columns
    return network.evaluate((0..<count).map { _ in stream.uniform() }, count: 2).values
  }

  private func network(
    _ name: String, _ depth: Int, _ block: ArchitectureSpec.BlockKind, width: Double = 1
  ) throws -> Network {
    let spec = ArchitectureSpec(
      name: name, depth: depth, block: block, width: width, input: [3, 32, 32], classes: 5)
    return try ArchitectureRegistry.build(spec, seed: 2, engine: Engine(threads: 2))
  }
}
