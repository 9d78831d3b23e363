import Architectures
import Compute
import Specification
import Testing
import Training

@testable import Network

/// Digests of what networks compute on portable kernels, which round the same way on every machine.
/// A change of structure must not change a bit of them; a change of arithmetic changes them on
/// purpose, and the stage code version, or ``KernelClass/fingerprint(in:)``, with it.
@Suite("Frozen bits")
struct FrozenBitsTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let architecture: ArchitectureSpec
    let streams: Bool
    let digests: [String]

    var testDescription: String {
      "\(architecture.name)-\(architecture.depth)\(streams ? " with streams" : "")"
    }
  }

  static let cases = [
    Case(
      architecture: spec("resnet", 8, .basic, pixels: [16, 16]), streams: false,
      digests: [
        "b2d65156b675cbc4", "d3df08f20d2adac1", "6a270b865e52eb70", "7629da47753410a1",
        "51533be538803d50",
      ]),
    Case(
      architecture: spec("resnet", 8, .basic, pixels: [16, 16]), streams: true,
      digests: [
        "b2d65156b675cbc4", "d3df08f20d2adac1", "6043318f63b8a2fb", "ad487ba904c8a904",
        "ea9b9f77d0ca8c6b",
      ]),
    Case(
      architecture: spec("resnet", 11, .bottleneck, pixels: [16, 13]), streams: true,
      digests: [
        "5e1948d7a153e3a5", "40ae746f47513f47", "cf484dc81ac85a45", "f92ed3b0ec949cd9",
        "b8bf7848cb4f317b",
      ]),
    Case(
      architecture: spec("vgg11", 11, .plain, width: 0.1, pixels: [32, 32]), streams: false,
      digests: [
        "13265e3d816aa6a0", "18d14c80aad6bdc", "3f9a4f8cb9706a21", "c05df0fc5bcd654d",
        "93ce656efc25293b",
      ]),
    Case(
      architecture: spec("resnet18", 18, .basic, width: 0.125, pixels: [40, 33]), streams: true,
      digests: [
        "1ce053f117eec587", "ac1be4d87d37cb0c", "ddf9c57db98f3323", "21eacd28b0d487ca",
        "b0aeb5576d5a3162",
      ]),
    Case(
      architecture: spec("resnet50", 50, .bottleneck, width: 0.0625, pixels: [40, 33]), streams: false,
      digests: [
        "6dfae54229baec52", "e0cbf71f6f7ae595", "e2b83350e6422205", "fbe80167c8706e85",
        "81bc0b7fa93e1db2",
      ]),
  ]

  private static func spec(
    _ name: String, _ depth: Int, _ block: ArchitectureSpec.BlockKind, width: Double = 1, pixels: [Int]
  ) -> ArchitectureSpec {
    ArchitectureSpec(name: name, depth: depth, block: block, width: width, input: [3] + pixels, classes: 7)
  }

  @Test("of training, removal, evaluation and relevance stay as they are", arguments: cases)
  func digests(_ frozen: Case) throws {
    let found = try computed(frozen)
    #expect(found == frozen.digests, "\(found)")
  }

  /// Digests after the initialization, after three steps, after channels are removed and another
  /// two steps, of the logits of an evaluation, and of relevance.
  private func computed(_ frozen: Case) throws -> [String] {
    let engine = try Engine(threads: 2, kernels: .portable)
    let network = try ArchitectureRegistry.build(frozen.architecture, seed: 5, engine: engine)
    let (count, size) = (6, frozen.architecture.input.reduce(1, *))
    let images = random(count * size, 1)
    let labels = (0..<count).map { $0 % frozen.architecture.classes }
    var digests = [digest(network.tensors)]
    train(network, images, labels, steps: 0..<3)
    digests.append(digest(network.tensors))
    network.remove(channels: removals(network, streams: frozen.streams))
    train(network, images, labels, steps: 3..<5)
    digests.append(digest(network.tensors))
    digests.append(
      digest(["logits": network.evaluate(images, count: count)]))
    let (logits, relevances) = network.relevances(images, labels: labels)
    digests.append(digest(relevances.merging(["logits": logits]) { $1 }))
    return digests
  }

  private func train(_ network: Network, _ images: [Float], _ labels: [Int], steps: Range<Int>) {
    let optimizer = StochasticGradientDescent(
      OptimizerSpec(name: "sgd", learningRate: 0.05, momentum: 0.9, nesterov: false, weightDecay: 5e-4))
    for step in steps {
      let dropout = RandomStream(seed: 3, purpose: .dropout, epoch: 0, index: step)
      let pass = network.train(network.planes(images, count: labels.count), dropout: dropout)
      let gradient = CrossEntropy(labelSmoothing: 0.1)(pass.logits, labels: labels).gradient
      network.backward(pass, gradient)
      optimizer.step(network, learningRate: 0.05)
    }
  }

  private func removals(_ network: Network, streams: Bool) -> [String: Set<Int>] {
    let groups = network.channelGroups + (streams ? network.streamGroups : [])
    return Dictionary(
      uniqueKeysWithValues: groups.enumerated().map { index, group in
        (group.name, Set((0..<group.originalCount).filter { ($0 * 7 + index) % 3 == 0 }))
      })
  }

  /// FNV-1a of names, shapes and bits.
  private func digest(_ tensors: [String: Tensor]) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      name.utf8.forEach(add)
      for size in tensor.shape { withUnsafeBytes(of: Int64(size).littleEndian) { $0.forEach(add) } }
      for value in tensor.values { withUnsafeBytes(of: value.bitPattern.littleEndian) { $0.forEach(add) } }
    }
    return String(hash, radix: 16)
  }
}
