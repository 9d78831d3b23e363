import Architectures
import Compute
import Specification
import Testing

@testable import Network

@Suite("Relevance of a batch")
struct RelevanceBatchTests {
  @Test("of more images than are taken at a time is that of each image")
  func splitBatch() throws {
    let architecture = ArchitectureSpec(
      name: "resnet", depth: 8, block: .basic, width: 0.5, input: [3, 8, 8], classes: 7, weights: nil)
    let network = try #require(
      ArchitectureRegistry.build(architecture, seed: 5, engine: Engine(threads: 2)))
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
        #require(ArchitectureRegistry.build(architecture, seed: 5, engine: Engine(threads: threads))))
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

  /// Of a row against another tensor's only one.
  private func error(_ found: Tensor, _ row: Int, _ expected: Tensor) -> Double {
    let columns = found.shape[1]
    return relativeError(Array(found.values[row * columns..<(row + 1) * columns]), expected.values)
  }
}
