import Architectures
import Compute
import Network
import Specification
import TensorFiles
import TestSupport
import Testing

@testable import ONNX

/// A network of a family with random weights and running statistics, narrow enough to be quick.
func network(
  _ name: String, width: Double = 0.25, pixels: Int = 16, classes: Int = 5, engine: Engine
) throws -> Network {
  let entry = try #require(ArchitectureRegistry.entries.first { $0.name == name })
  let isDeclared = entry.block == .plain && !name.hasPrefix("vgg")
  let spec = ArchitectureSpec(
    name: name, depth: entry.depth ?? 22, block: entry.block, growth: name == "densenet" ? 6 : nil,
    width: isDeclared ? 1 : width, input: [3, pixels, pixels], classes: classes)
  return try randomized(Network(try ArchitectureRegistry.graph(spec), seed: 1, engine: engine))
}

/// A network of declared layers.
func declared(_ layers: String, pixels: Int = 8, classes: Int = 3, engine: Engine) throws -> Network {
  let declaration = try ArchitectureDeclaration(
    Array(layers.utf8), file: "test", kinds: ArchitectureRegistry.layerKinds)
  let spec = ArchitectureSpec(
    name: "layers", depth: 0, block: .plain, input: [3, pixels, pixels], classes: classes,
    declaration: declaration)
  return try randomized(Network(try ArchitectureRegistry.graph(spec), seed: 1, engine: engine))
}

/// Away from the initial state of batch norm, which hides what is wrong with it.
private func randomized(_ network: Network) throws -> Network {
  var stream = RandomStream(seed: 2, purpose: .test)
  var file = network.tensorFile()
  for name in file.tensors.keys.sorted()
  where network.runningStatistics[name] != nil || name.hasSuffix(".bias") {
    let least: Float = name.hasSuffix("running_var") ? 0.5 : -0.2
    for index in file.tensors[name]?.values.indices ?? 0..<0 {
      file.tensors[name]?.values[index] = least + 0.5 * stream.uniform()
    }
  }
  try network.load(file, from: "memory")
  return network
}

/// Takes a third of the channels from every group.
func prune(_ network: Network, streams: Bool = false) {
  var removed: [String: Set<Int>] = [:]
  for (index, group) in (network.channelGroups + (streams ? network.streamGroups : [])).enumerated() {
    removed[group.name] = Set((0..<group.originalCount).filter { ($0 * 7 + index) % 3 == 0 })
  }
  network.remove(channels: removed)
}

func images(_ network: Network, count: Int = 2) -> Planes {
  var stream = RandomStream(seed: 3, purpose: .test)
  let shape = network.graph.input.planes(images: count)
  return Planes(
    shape, dense: (0..<shape.channels * shape.pixelsPerChannel).map { _ in 2 * stream.uniform() - 1 })
}

/// The largest difference, relative to the largest value.
func difference(_ a: Tensor, _ b: Tensor) -> Double { relativeError(a.values, b.values) }

/// The network that a file holds.
func imported(_ bytes: [UInt8], like network: Network, file: String = "model.onnx") throws -> Network {
  let read = try ONNXNetwork(bytes: bytes, file: file, input: network.graph.input)
  let again = Network(read.graph, seed: 9, engine: network.engine)
  try again.load(TensorFile(tensors: read.tensors), from: file)
  return again
}
