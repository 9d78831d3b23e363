import Architectures
import Compute
import Specification
import Testing
import Training

@testable import Network

/// Digests of what networks compute on portable kernels, which round the same way on every machine.
/// A change of structure must not change a bit of them; a change of arithmetic changes them on
/// purpose, and the stage code version with it.
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
        "b2d65156b675cbc4", "e9307523c9df3328", "f2e87254ffb8fd7e", "2128edb0602a0949",
        "391e4410cc71f0be",
      ]),
    Case(
      architecture: spec("resnet", 8, .basic, pixels: [16, 16]), streams: true,
      digests: [
        "b2d65156b675cbc4", "e9307523c9df3328", "2ca1fef10a476b3b", "ef5f10f75d54005b",
        "f042083596b4cd0e",
      ]),
    Case(
      architecture: spec("resnet", 11, .bottleneck, pixels: [16, 13]), streams: true,
      digests: [
        "5e1948d7a153e3a5", "29476a6d03e1fe06", "6aa00e39432a0d92", "fd0c9fb876cf4d0e",
        "1b457eab2b270e24",
      ]),
    Case(
      architecture: spec("vgg11", 11, .plain, width: 0.1, pixels: [32, 32]), streams: false,
      digests: [
        "13265e3d816aa6a0", "a73717f25c6ef630", "7880d02e73b07e11", "4eaa1a3c1aac1e7e",
        "a51e6f90dfbb660c",
      ]),
    Case(
      architecture: spec("resnet18", 18, .basic, width: 0.125, pixels: [40, 33]), streams: true,
      digests: [
        "1ce053f117eec587", "2836559c4dc7f79", "5d5c9f950e42e614", "ef7f24eed9558d17",
        "eb2dac5637bdd4cd",
      ]),
    Case(
      architecture: spec("resnet50", 50, .bottleneck, width: 0.0625, pixels: [40, 33]), streams: false,
      digests: [
        "6dfae54229baec52", "a25587106d2f5996", "a61d1da6f59db993", "e94d6977be708544",
        "1075c50d171d839",
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
    let network = try #require(ArchitectureRegistry.build(frozen.architecture, seed: 5, engine: engine))
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
