import Compute
import TestSupport
import Testing
import Training

@testable import Network

/// Graphs of 5 to 20 nodes drawn from all operations, random channels removed: a smaller network
/// must compute what the whole one does with those channels' output set to zero, in evaluation and
/// after a training step.
@Suite("Removed equals masked in random graphs")
struct RandomGraphTests {
  @Test("in evaluation and after a step of training", arguments: 0..<60)
  func removal(_ seed: Int) throws {
    let graph = try RandomGraph.graph(seed: UInt64(seed))
    let masked = try network(graph)
    let removed = try network(graph)
    let channels = removals(masked, seed: UInt64(seed))
    mask(masked, channels)
    removed.remove(channels: channels)
    #expect(removed.cost().parameters <= masked.cost().parameters)
    let images = masked.planes(random(graph.input.planes(images: 4), seed), count: 4)
    let expected = masked.evaluate(images, method: .precise)
    let found = removed.evaluate(images, method: .precise)
    #expect(relativeError(found.values, expected.values) < 1e-4)
    for network in [masked, removed] { step(network, images) }
    masked.remove(channels: channels)
    for (name, tensor) in removed.tensors.sorted(by: { $0.key < $1.key }) {
      let reference = try #require(masked.tensors[name])
      #expect(tensor.shape == reference.shape, "\(name)")
      #expect(relativeError(tensor.values, reference.values, floor: 1) < 1e-4, "\(name)")
    }
  }

  @Test("fused steps give what the operations give one by one", arguments: 0..<60)
  func fusion(_ seed: Int) throws {
    let graph = try RandomGraph.graph(seed: UInt64(seed) + 1000)
    let networks = try [true, false].map { try network(graph, fused: $0) }
    let images = networks[0].planes(random(graph.input.planes(images: 4), seed), count: 4)
    let labels = [0, 1, 2, 3]
    let logits = networks.map { $0.evaluate(images, method: .precise) }
    #expect(relativeError(logits[0].values, logits[1].values) < 1e-4)
    let relevances = networks.map { $0.relevances(images, labels: labels).relevances }
    #expect(Set(relevances[0].keys) == Set(relevances[1].keys))
    for (layer, single) in relevances[1].sorted(by: { $0.key < $1.key }) {
      let fused = try #require(relevances[0][layer])
      let channels = single.shape[1]
      let errors = labels.indices.map { image in
        let own = image * channels..<(image + 1) * channels
        return relativeError(Array(fused.values[own]), Array(single.values[own]))
      }.sorted()
      // Relevance is divided by sums, and one near zero amplifies the rounding of its image.
      #expect(errors[2] < 0.05, "\(layer): \(errors)")
    }
    for network in networks { step(network, images) }
    for (fused, single) in zip(networks[0].parameters, networks[1].parameters) {
      #expect(relativeError(fused.value.values, single.value.values, floor: 1) < 1e-4, "\(fused.name)")
    }
  }

  private func network(_ graph: Graph, fused: Bool = true) throws -> Network {
    let network = Network(graph, seed: 5, engine: try Engine(threads: 2), fused: fused)
    // Batch norm away from its initial state, so that every part counts.
    for (index, parameter) in network.parameters.enumerated() where parameter.name.hasSuffix("bias") {
      parameter.value.values = random(parameter.value.count, index).map { $0 * 0.2 }
    }
    return network
  }

  private func step(_ network: Network, _ images: Planes) {
    let pass = network.train(images, method: .precise)
    let gradient = CrossEntropy()(pass.logits, labels: [0, 1, 2, 3]).gradient
    network.backward(pass, gradient)
    for parameter in network.parameters {
      for index in parameter.value.values.indices {
        parameter.value.values[index] -= 0.05 * parameter.gradient.values[index]
      }
    }
  }

  private func removals(_ network: Network, seed: UInt64) -> [String: Set<Int>] {
    var stream = RandomStream(seed: seed, purpose: .test, index: 1)
    return Dictionary(
      uniqueKeysWithValues: (network.channelGroups + network.streamGroups).map { group in
        // One stays, so that what is masked is what is removed.
        (
          group.name,
          Set((1..<max(2, group.originalCount)).filter { $0 < group.originalCount && stream.below(3) == 0 })
        )
      })
  }
}

/// Zero weights and zero batch norm: zero output. Batch norms that stand by themselves are zero
/// where their channel is.
func mask(_ network: Network, _ removed: [String: Set<Int>]) {
  let structure = network.structure.structure
  let lost = removed.flatMap { name, channels in
    structure.groups.filter { $0.name == name }.flatMap { group in channels.map { group.classes[$0] } }
  }
  let classes = Set(lost.flatMap(structure.classes.removed(with:)))
  for (node, tensors) in network.store.nodes.enumerated() {
    let own = structure.classes.classes(of: network.graph.output(of: node))
    let channels = own.indices.filter { classes.contains(own[$0]) }.map { $0 - own.startIndex }
    for parameter in tensors where !parameter.name.contains("running") {
      let size = parameter.value.count / parameter.value.shape[0]
      for channel in channels {
        for index in channel * size..<(channel + 1) * size { parameter.value.values[index] = 0 }
      }
    }
  }
}

/// Draws a graph whose activations keep zero at zero, as masking needs.
struct RandomGraph {
  private var stream: RandomStream
  private var builder = GraphBuilder(input: FeatureShape(channels: 3, rows: 9, columns: 8))
  private var values: [Graph.Value] = [.image]
  private var count = 0

  static func graph(seed: UInt64) throws -> Graph {
    var random = RandomGraph(seed: seed)
    return try random.draw()
  }

  private init(seed: UInt64) {
    stream = RandomStream(seed: seed, purpose: .test)
  }

  private mutating func draw() throws -> Graph {
    let nodes = 5 + stream.below(12)
    values = [try convolution(of: .image)]
    while count < nodes { try grow() }
    // Everything that nothing reads comes together at the end.
    var open: [Graph.Value] = []
    for value in values where !read.contains(value) {
      open.append(try add(GlobalAveragePooling(), [value]))
    }
    let all = open.count > 1 ? try add(Concatenate(), open) : open[0]
    let hidden = try add(Linear(outputs: 7), [all])
    let active = try add(Activation(.relu), [hidden])
    _ = try add(Linear(outputs: 4), [active])
    return try builder.graph()
  }

  private var read: Set<Graph.Value> = []

  private mutating func add(_ operation: any Operation, _ inputs: [Graph.Value]) throws -> Graph.Value {
    count += 1
    read.formUnion(inputs)
    let value = try builder.add(operation, inputs, layer: "layer\(count)")
    values.append(value)
    return value
  }

  private mutating func pick() -> Graph.Value { values[stream.below(values.count)] }

  private mutating func convolution(of input: Graph.Value, outputs: Int? = nil) throws -> Graph.Value {
    let value = try add(
      Convolution(
        outputs: outputs ?? 4 + 2 * stream.below(3), kernel: 1 + 2 * stream.below(2),
        hasBias: stream.below(2) == 0),
      [input])
    guard stream.below(3) > 0 else { return value }
    let normalized = try add(BatchNormalization(), [value])
    guard stream.below(3) > 0 else { return normalized }
    let functions: [ActivationFunction] = [.relu, .relu6, .leakyReLU(slope: 0.1), .silu, .hardSwish]
    return try add(Activation(functions[stream.below(functions.count)]), [normalized])
  }

  private mutating func grow() throws {
    let x = pick()
    let shape = builder.shape(x)
    switch stream.below(9) {
    case 0, 1: _ = try convolution(of: x)
    case 2:
      _ = try add(Convolution(outputs: shape.channels, kernel: 3, groups: shape.channels), [x])
    case 3:
      let groups = shape.channels % 2 == 0 ? 2 : 1
      _ = try add(Convolution(outputs: 2 * groups, kernel: 3, groups: groups), [x])
    case 4:
      // A residual sum, now and then with a projection.
      let branch = try convolution(of: x, outputs: shape.channels)
      let depth = stream.below(2)
      let shortcut = depth == 0 ? x : try convolution(of: x, outputs: shape.channels)
      _ = try add(Add(operands: 2, shortcut: 1), [branch, shortcut])
    case 5:
      let same = values.filter { builder.shape($0).with(channels: 0) == shape.with(channels: 0) }
      _ = try add(Concatenate(), [x, same[stream.below(same.count)]])
    case 6:
      // Squeeze and excitation: a gate of what it scales.
      let mean = try add(GlobalAveragePooling(), [x])
      let squeezed = try add(Convolution(outputs: shape.channels, kernel: 1, hasBias: true), [mean])
      let gate = try add(Activation(.sigmoid), [squeezed])
      // Where it is zero before, a gate is a half: nobody else may read it.
      values.removeAll { $0 == gate }
      _ = try add(Multiply(), [x, gate])
    case 7: _ = try add(BatchNormalization(), [x])
    default:
      _ = try add(
        stream.below(2) == 0
          ? MaxPooling(window: 3, stride: 1, padding: 1) : AveragePooling(window: 3, stride: 1, padding: 1),
        [x])
    }
  }
}
