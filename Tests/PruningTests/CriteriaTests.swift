import Architectures
import Compute
import Network
import Specification
import Testing

@testable import Pruning

@Suite("Importance criteria")
struct CriteriaTests {
  @Test(
    "every registered criterion is made by its name and scores every group",
    arguments: CriterionRegistry.entries.map(\.name))
  func registry(_ name: String) throws {
    let network = try Self.network()
    let criterion = try #require(CriterionRegistry.make(name))
    let scores = criterion.importance(of: network, on: Self.data())
    for group in network.channelGroups {
      let values = try #require(scores[group.name])
      #expect(values.count == group.kept.count)
      #expect(values.allSatisfy { $0 >= 0 && $0.isFinite })
    }
  }

  @Test("an unknown criterion is not made")
  func unknown() {
    #expect(CriterionRegistry.make("nonsense") == nil)
  }

  @Test("the L1 norm is the sum of a filter's absolute weights")
  func l1Norm() throws {
    let network = try Self.network()
    let weight = try #require(network.tensors["layer1.0.conv1.weight"])
    let scores = try #require(L1Norm(options: [:]).importance(of: network, on: Self.data())["layer1.0.conv1"])
    let size = weight.count / weight.shape[0]
    for (filter, score) in scores.enumerated() {
      let expected = weight.values[filter * size..<(filter + 1) * size].map { abs(Double($0)) }.reduce(0, +)
      #expect(abs(score - expected) < 1e-9)
    }
  }

  @Test("chance depends on seed and epoch alone")
  func random() throws {
    let network = try Self.network()
    let draw = { (seed: UInt64, epoch: Int) in
      RandomImportance(options: [:]).importance(of: network, on: Self.data(seed: seed, epoch: epoch))
    }
    #expect(draw(1, 2) == draw(1, 2))
    #expect(draw(1, 2) != draw(1, 3))
    #expect(draw(1, 2) != draw(2, 2))
  }

  @Test("relevance of batches adds up to that of all images together")
  func batches() throws {
    let network = try Self.network()
    let criterion = FeatureRelevance(options: [:])
    let whole = criterion.importance(of: network, on: Self.data(sizes: [12]))
    let parts = criterion.importance(of: network, on: Self.data(sizes: [5, 4, 3]))
    for (layer, values) in whole {
      let other = try #require(parts[layer])
      let largest = values.max() ?? 0
      for (a, b) in zip(values, other) { #expect(abs(a - b) <= 1e-4 * largest, "\(layer)") }
    }
  }

  @Test("a class that is never right weighs 1, the best one sigmoid(1)")
  func classScales() {
    var classes = ClassAccuracy(classes: 3)
    classes.count(
      Tensor(shape: [4, 3], values: [1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]), labels: [0, 0, 2, 1])
    #expect(classes.accuracies == [1, 0, 0])
    #expect(abs(classes.scales[0] - 0.7310585786300049) < 1e-12)
    #expect(classes.scales[1...] == [1, 1])
  }

  static func network() throws -> Network {
    let spec = ArchitectureSpec(
      name: "resnet", depth: 8, block: .basic, width: 0.5, input: [1, 8, 8], classes: 4, weights: nil)
    return try #require(ArchitectureRegistry.build(spec, seed: 1, engine: Engine(threads: 1)))
  }

  /// 12 images of 8x8 pixels in batches of the given sizes.
  static func data(seed: UInt64 = 0, epoch: Int = 1, sizes: [Int] = [12], channels: Int = 1) -> ScoringData {
    var stream = RandomStream(seed: 3, purpose: .test)
    let pixels = (0..<12 * channels * 64).map { _ in stream.uniform() }
    var start = 0
    let batches = sizes.map { size in
      defer { start += size }
      return (
        images: Array(pixels[start * channels * 64..<(start + size) * channels * 64]),
        labels: (start..<start + size).map { $0 % 4 }
      )
    }
    return ScoringData(seed: seed, epoch: epoch) { AnyIterator(batches.makeIterator()) }
  }
}
