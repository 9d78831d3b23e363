import Compute
import TestSupport
import Testing
import Training

@testable import Network

/// Steps of training that go through memory a channel at a time, or share it.
@Suite("Depthwise convolutions and dense blocks in training")
struct ChannelwiseTrainingTests {
  @Test("compute what their operations do one by one", arguments: [1, 2, 3])
  func training(_ threads: Int) throws {
    for graph in [try inverted(), try dense()] {
      let networks = try [true, false].map {
        Network(graph, seed: 3, engine: try Engine(threads: threads), fused: $0)
      }
      let images = networks[0].planes(random(graph.input.planes(images: 5), 1), count: 5)
      for network in networks {
        // The second step begins with memory that the first one used.
        for _ in 0..<2 { step(network, images) }
      }
      for (fused, single) in zip(networks[0].parameters, networks[1].parameters) {
        let gradients = (fused.gradient.values, single.gradient.values)
        #expect(relativeError(gradients.0, gradients.1, floor: 1e-3) < 1e-4, "\(fused.name)")
        #expect(relativeError(fused.value.values, single.value.values, floor: 1) < 1e-4, "\(fused.name)")
      }
    }
  }

  private func step(_ network: Network, _ images: Planes) {
    let pass = network.train(images)
    network.backward(pass, CrossEntropy()(pass.logits, labels: [0, 1, 2, 3, 0]).gradient)
    for parameter in network.parameters {
      for index in parameter.value.values.indices {
        parameter.value.values[index] -= 0.05 * parameter.gradient.values[index]
      }
    }
  }

  /// MobileNetV2's blocks: stride 1 with a sum, stride 2, and a filter that two layers read.
  private func inverted() throws -> Graph {
    var layers = Layers()
    let stem = try layers.convolution(.image, 6, activation: .relu6)
    let first = try layers.depthwise(try layers.convolution(stem, 12, activation: .relu6))
    let sum = try layers.add(
      Add(operands: 2, shortcut: 1), [try layers.convolution(first, 6, activation: nil), stem])
    let strided = try layers.depthwise(try layers.convolution(sum, 10, activation: .silu), stride: 2)
    let last = try layers.depthwise(strided)
    let both = try layers.add(Concatenate(), [try layers.convolution(last, 5, activation: .relu), last])
    return try layers.classified(both)
  }

  /// DenseNet's layers, with a value that two concatenations extend.
  private func dense() throws -> Graph {
    var layers = Layers()
    var value = try layers.convolution(.image, 7, activation: .relu)
    var all = [value]
    for _ in 0..<4 {
      let active = try layers.add(Activation(.relu), [try layers.add(BatchNormalization(), [value])])
      let added = try layers.add(Convolution(outputs: 3, kernel: 3), [active])
      value = try layers.add(Concatenate(), [value, added])
      all.append(value)
    }
    let other = try layers.add(Concatenate(), [all[2], all[0]])
    let end = try layers.add(Concatenate(), [value, other, all[0]])
    return try layers.classified(end)
  }

  private struct Layers {
    private var builder = GraphBuilder(input: FeatureShape(channels: 3, rows: 12, columns: 11))
    private var count = 0

    mutating func add(_ operation: any Operation, _ inputs: [Graph.Value]) throws -> Graph.Value {
      count += 1
      return try builder.add(operation, inputs, layer: "layer\(count)")
    }

    mutating func convolution(
      _ input: Graph.Value, _ outputs: Int, activation: ActivationFunction?
    ) throws -> Graph.Value {
      let convolved = try add(Convolution(outputs: outputs, kernel: 1), [input])
      let normalized = try add(BatchNormalization(), [convolved])
      return try activation.map { try add(Activation($0), [normalized]) } ?? normalized
    }

    mutating func depthwise(_ input: Graph.Value, stride: Int = 1) throws -> Graph.Value {
      let channels = builder.shape(input).channels
      let filtered = try add(
        Convolution(outputs: channels, kernel: 3, stride: stride, groups: channels), [input])
      return try add(Activation(.relu6), [try add(BatchNormalization(), [filtered])])
    }

    mutating func classified(_ input: Graph.Value) throws -> Graph {
      let pooled = try add(GlobalAveragePooling(), [input])
      _ = try add(Linear(outputs: 4), [pooled])
      return try builder.graph()
    }
  }
}
