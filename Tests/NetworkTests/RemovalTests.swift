import Architectures
import Compute
import Specification
import TestSupport
import Testing
import Training

@testable import Network

/// A network with channels removed must compute what the full one does with their output set to
/// zero.
@Suite("Removed equals masked")
struct RemovalTests {
  static let architectures: [ArchitectureSpec] = [
    ArchitectureSpec(
      name: "resnet", depth: 14, block: .basic, width: 0.5, input: [3, 16, 16], classes: 7, weights: nil),
    ArchitectureSpec(
      name: "resnet", depth: 20, block: .bottleneck, width: 0.5, input: [3, 16, 16], classes: 7, weights: nil),
    ArchitectureSpec(
      name: "vgg11", depth: 11, block: .plain, width: 0.1, input: [3, 32, 32], classes: 7, weights: nil),
    ArchitectureSpec(
      name: "resnet18", depth: 18, block: .basic, width: 0.1, input: [3, 40, 33], classes: 7, weights: nil),
    ArchitectureSpec(
      name: "resnet50", depth: 50, block: .bottleneck, width: 0.05, input: [3, 40, 33], classes: 7,
      weights: nil),
  ]

  @Test("in evaluation", arguments: architectures, [false, true])
  func evaluation(_ architecture: ArchitectureSpec, streams: Bool) throws {
    let (masked, removed) = try pair(architecture, streams)
    let images = random(6 * architecture.input.reduce(1, *), 1)
    let expected = masked.evaluate(images, count: 6)
    let found = removed.evaluate(images, count: 6)
    #expect(relativeError(found.values, expected.values) < 1e-5)
    #expect(removed.cost().macs < masked.cost().macs)
  }

  @Test("after one training step", arguments: architectures, [false, true])
  func training(_ architecture: ArchitectureSpec, streams: Bool) throws {
    let (masked, removed) = try pair(architecture, streams)
    let images = random(6 * architecture.input.reduce(1, *), 1)
    let optimizer = StochasticGradientDescent(
      OptimizerSpec(name: "sgd", learningRate: 0.1, momentum: 0.9, nesterov: false, weightDecay: 5e-4))
    for network in [masked, removed] {
      // How a convolution is computed depends on its channels, and another rounding on this or that
      // side of a ReLU's kink would show.
      let pass = network.train(network.planes(images, count: 6), method: .precise)
      let gradient = CrossEntropy()(pass.logits, labels: [0, 1, 2, 3, 4, 5]).gradient
      network.backward(pass, gradient)
      optimizer.step(network, learningRate: 0.1)
    }
    masked.remove(channels: removals(masked, streams))
    let expected = masked.tensors
    #expect(Set(expected.keys) == Set(removed.tensors.keys))
    for (name, tensor) in removed.tensors.sorted(by: { $0.key < $1.key }) {
      let reference = try #require(expected[name])
      #expect(tensor.shape == reference.shape)
      #expect(relativeError(tensor.values, reference.values, floor: 1) < 1e-5, "\(name)")
    }
    for (own, reference) in zip(removed.parameters, masked.parameters) {
      #expect(own.velocity.shape == reference.value.shape, "\(own.name)")
      // The masked network's momentum was cut after the step, the other's began without the
      // channels.
      #expect(reference.velocity.values.contains { $0 != 0 }, "\(own.name)")
      #expect(relativeError(own.velocity.values, reference.velocity.values, floor: 1) < 1e-4, "\(own.name)")
    }
  }

  @Test("relevance of the channels that are left stays the same", arguments: architectures, [false, true])
  func relevance(_ architecture: ArchitectureSpec, streams: Bool) throws {
    let (masked, removed) = try pair(architecture, streams)
    let images = random(6 * architecture.input.reduce(1, *), 1)
    let labels = [0, 1, 2, 3, 4, 5]
    let expected = masked.relevances(images, labels: labels).relevances
    let found = removed.relevances(images, labels: labels).relevances
    for group in removed.channelGroups {
      let own = try #require(found[group.name])
      let reference = try #require(expected[group.name]).selecting(group.kept, axis: 1)
      #expect(relativeError(own.values, reference.values) < 2e-3, "\(group.name)")
    }
  }

  @Test("a group's last channel stays, unknown channels are ignored")
  func floor() throws {
    let network = try build(Self.architectures[0])
    let name = network.channelGroups[0].name
    network.remove(channels: [name: Set(0..<1000), "nonsense": [1]])
    #expect(network.channelGroups[0].kept.count == 1)
    let logits = network.evaluate(random(2 * 3 * 256, 3), count: 2)
    #expect(logits.values.allSatisfy { $0.isFinite })
  }

  @Test("a pruned network loads again by itself", arguments: architectures, [false, true])
  func reload(_ architecture: ArchitectureSpec, streams: Bool) throws {
    let removed = try pair(architecture, streams).removed
    let other = try build(architecture)
    try other.load(removed.tensorFile(), from: "memory")
    #expect(other.tensors == removed.tensors)
    #expect(other.channelGroups == removed.channelGroups)
    #expect(other.streamGroups == removed.streamGroups)
  }

  @Test("channels that a convolution makes are a convolution's, also where a gate for them comes first")
  func gateBeforeSignal() throws {
    var builder = GraphBuilder(input: FeatureShape(channels: 3, rows: 6, columns: 6))
    let stem = try builder.convolution(
      Convolution(outputs: 8, kernel: 3), of: .image, layer: "stem", norm: "stem.norm")
    let mean = try builder.add(GlobalAveragePooling(), [stem], layer: "mean")
    let linear = try builder.add(Linear(outputs: 16), [mean], layer: "gate")
    let gate = try builder.add(Activation(.sigmoid), [linear], layer: "gate")
    let signal = try builder.convolution(
      Convolution(outputs: 16, kernel: 3), of: stem, layer: "a", norm: "a.norm")
    let product = try builder.add(Multiply(), [signal, gate], layer: "product")
    let pooled = try builder.add(GlobalAveragePooling(), [product], layer: "pooled")
    let hidden = try builder.add(Linear(outputs: 5), [pooled], layer: "hidden")
    _ = try builder.add(Linear(outputs: 4), [hidden], layer: "fc")
    let graph = PrunableGraph(try builder.graph())
    #expect(graph.channelGroups.map(\.name) == ["stem", "gate", "hidden"])
    #expect(graph.channelGroups.map(\.kind) == [.convolution, .convolution, .hiddenUnits])
    #expect(graph.channelGroups[1].members == ["gate", "a"] && graph.prunableChannels == 24)
  }

  // MARK: Making networks

  private func build(_ architecture: ArchitectureSpec) throws -> Network {
    let network = try ArchitectureRegistry.build(architecture, seed: 5, engine: Engine(threads: 2))
    // Batch norm away from its initial state, so that every part counts.
    for (index, parameter) in network.parameters.enumerated() where parameter.name.hasSuffix("bias") {
      parameter.value.values = random(parameter.value.count, index).map { $0 * 0.2 }
    }
    return network
  }

  /// The full network with channels masked, and the same with them removed.
  private func pair(
    _ architecture: ArchitectureSpec, _ streams: Bool
  ) throws -> (masked: Network, removed: Network) {
    let (masked, removed) = (try build(architecture), try build(architecture))
    let channels = removals(masked, streams)
    mask(masked, channels)
    removed.remove(channels: channels)
    return (masked, removed)
  }

  /// About a third of every group's channels, and of every residual stream's if wanted.
  private func removals(_ network: Network, _ streams: Bool) -> [String: Set<Int>] {
    var removed: [String: Set<Int>] = [:]
    for (index, group) in (network.channelGroups + (streams ? network.streamGroups : [])).enumerated() {
      removed[group.name] = Set((0..<group.originalCount).filter { ($0 * 7 + index) % 3 == 0 })
    }
    return removed
  }
}
