import Architectures
import Compute
import Specification
import TestSupport
import Testing

@testable import Network

@Suite("Relevance of a batch")
struct RelevanceBatchTests {
  @Test("of more images than are taken at a time is that of each image")
  func splitBatch() throws {
    let architecture = ArchitectureSpec(
      name: "resnet", depth: 8, block: .basic, width: 0.5, input: [3, 8, 8], classes: 7, weights: nil)
    let network = try ArchitectureRegistry.build(architecture, seed: 5, engine: Engine(threads: 2))
    let (count, pixels) = (70, 64)
    let images = random(3 * count * pixels, 5)
    let labels = (0..<count).map { $0 % 7 }
    let (logits, relevances) = network.relevances(images, labels: labels)
    #expect(logits.shape == [count, 7])
    #expect(Set(relevances.keys) == Set(network.channelGroups.map(\.name)))
    for image in [0, 1, 15, 16, 69] {
      let own = (0..<3).flatMap { channel -> [Float] in
        let first = (channel * count + image) * pixels
        return Array(images[first..<first + pixels])
      }
      let alone = network.relevances(own, labels: [labels[image]])
      #expect(error(logits, image, alone.logits) < 1e-4, "logits of image \(image)")
      for (layer, relevance) in relevances {
        let expected = try #require(alone.relevances[layer])
        #expect(error(relevance, image, expected) < 1e-3, "\(layer) of image \(image)")
      }
    }
  }

  @Test("is the same bit for bit from any number of threads, and from batch to batch")
  func threads() throws {
    let architecture = ArchitectureSpec(
      name: "resnet", depth: 8, block: .basic, width: 0.5, input: [3, 8, 8], classes: 7, weights: nil)
    let propagations = try [1, 3, 9].map { threads in
      try RelevancePropagation(
        ArchitectureRegistry.build(architecture, seed: 5, engine: Engine(threads: threads)))
    }
    for count in [150, 10, 40, 150] {
      let shape = PlaneShape(channels: 3, images: count, rows: 8, columns: 8)
      let images = Planes(shape, dense: random(shape, 6))
      let labels = (0..<count).map { $0 % 7 }
      let found = propagations.map { $0.relevances(images, labels: labels) }
      for other in found.dropFirst() {
        #expect(other.logits == found[0].logits, "\(count) images")
        #expect(other.relevances == found[0].relevances, "\(count) images")
      }
    }
  }

  @Test("is that of the operations one by one where the logits are a sum and a ReLU, also from a zero")
  func sumOfLogits() throws {
    var builder = GraphBuilder(input: FeatureShape(channels: 3, rows: 6, columns: 6))
    let stem = try builder.convolution(
      Convolution(outputs: 6, kernel: 3), of: .image, layer: "stem", norm: "stem.norm")
    let mean = try builder.add(GlobalAveragePooling(), [stem], layer: "mean")
    let shortcut = try builder.add(
      Convolution(outputs: 4, kernel: 1, hasBias: true), [mean], layer: "shortcut")
    let branch = try builder.convolution(
      Convolution(outputs: 4, kernel: 1), of: mean, layer: "branch", norm: "branch.norm", activation: nil)
    let sum = try builder.add(Add(operands: 2, shortcut: 1), [branch, shortcut], layer: "sum")
    _ = try builder.add(Activation(.relu), [sum], layer: "relu")
    let graph = try builder.graph()
    let networks = try [true, false].map {
      Network(graph, seed: 5, engine: try Engine(threads: 1), fused: $0)
    }
    // The first logit is zero.
    for parameter in networks.flatMap(\.parameters) where parameter.name == "shortcut.bias" {
      parameter.value.values[0] = -100
    }
    let images = networks[0].planes(random(graph.input.planes(images: 6), 7), count: 6)
    let found = networks.map { $0.relevances(images, labels: [0, 0, 0, 0, 0, 0]) }
    #expect(found.allSatisfy { $0.logits.values[0] == 0 })
    let stems = try found.map { try #require($0.relevances["stem"]).values }
    #expect(relativeError(stems[0], stems[1]) < 1e-3)
  }

  @Test("is that of each image where a linear layer reads values of either sign, of some images")
  func signs() throws {
    var builder = GraphBuilder(input: FeatureShape(channels: 4))
    let same = try builder.add(Linear(outputs: 4, hasBias: false), [.image], layer: "same")
    let hidden = try builder.add(Linear(outputs: 6, hasBias: false), [same], layer: "hidden")
    _ = try builder.add(Linear(outputs: 3, hasBias: false), [hidden], layer: "fc")
    let network = try Network(builder.graph(), seed: 3, engine: Engine(threads: 1))
    let parameters = network.parameters
    parameters[0].value.values = (0..<16).map { $0 % 5 == 0 ? 1 : 0 }
    // The negative contributions of a unit are as small as what keeps denominators from zero.
    parameters[1].value.values = (0..<24).map { $0 == 0 ? -1e-9 : Float($0 % 6) + 1 }
    let images: [[Float]] = [[1, 2, 3, 4], [-1, 0.5, 2, 3]]
    let together = network.relevances((0..<4).flatMap { [images[0][$0], images[1][$0]] }, labels: [0, 1])
    #expect(together.relevances.count == 2)
    for image in 0..<2 {
      let alone = network.relevances(images[image], labels: [image])
      for (layer, relevance) in together.relevances {
        let columns = relevance.shape[1]
        let own = Array(relevance.values[image * columns..<(image + 1) * columns])
        #expect(own == alone.relevances[layer]?.values, "\(layer) of image \(image)")
      }
    }
  }

  @Test("is finite in a linear layer whose negative part is infinite, but does not count")
  func withoutNegativePart() throws {
    var builder = GraphBuilder(input: FeatureShape(channels: 1, rows: 2, columns: 2))
    let convolved = try builder.add(Convolution(outputs: 1, kernel: 1), [.image], layer: "conv")
    let rectified = try builder.add(Activation(.relu), [convolved], layer: "relu")
    let mean = try builder.add(GlobalAveragePooling(), [rectified], layer: "mean")
    let hidden = try builder.add(Linear(outputs: 1, hasBias: false), [mean], layer: "hidden")
    _ = try builder.add(Linear(outputs: 2, hasBias: false), [hidden], layer: "fc")
    let network = try Network(builder.graph(), seed: 3, engine: Engine(threads: 1))
    // The sum of negative contributions is -1e-9, and 1e-9 is added to it.
    for (parameter, value) in zip(network.parameters, [1, -1e-9, 1] as [Float]) {
      parameter.value.values = parameter.value.values.map { _ in value }
    }
    let found = network.relevances(
      network.planes([1, 1, 1, 1], count: 1), labels: [0], rule: RelevanceRule(alpha: 1))
    #expect(Set(found.relevances.keys) == ["conv", "hidden"])
    #expect(found.relevances.values.allSatisfy { $0.values.allSatisfy(\.isFinite) })
  }

  /// Of a row against another tensor's only one.
  private func error(_ found: Tensor, _ row: Int, _ expected: Tensor) -> Double {
    let columns = found.shape[1]
    return relativeError(Array(found.values[row * columns..<(row + 1) * columns]), expected.values)
  }
}
