import Architectures
import Compute
import Foundation
import Specification
import TensorFiles
import TestSupport
import Testing
import Training

@testable import Network
@testable import Pruning

/// Small declared networks, each with a batch and what float64 PyTorch and an implementation of the
/// relevance rules in Python computed for it (`scripts/reference`).
struct DeclaredCase: CustomTestStringConvertible, Sendable {
  let folder: String

  static let all = [
    "branches", "dense", "grouped", "hard-activations", "inverted-residuals", "pooling", "squeeze-excitation",
    "sums",
  ].map(DeclaredCase.init)

  var testDescription: String { folder }

  private func url(_ name: String) -> URL {
    Bundle.module.bundleURL.appendingPathComponent("Fixtures/declared/\(folder)/\(name)")
  }

  func file(_ name: String) throws -> TensorFile {
    try TensorFile(contentsOf: url(name + ".safetensors").path)
  }

  /// Scores of layers, and of channels that are removed together.
  struct Scores: Decodable {
    /// One channel of a group.
    struct Channel: Decodable {
      /// The layer that makes it first.
      var group: String
      /// By layer.
      var channels: [String: [Int]]
      /// Nil where relevance reaches none of the layers.
      var score: Double?
    }

    var scores: [String: [Double]]
    var groups: [Channel]
    var streams: [Channel]
  }

  func scores() throws -> Scores {
    try JSONDecoder().decode(Scores.self, from: Data(contentsOf: url("relevance.json")))
  }

  func batch() throws -> (images: Planes, labels: [Int]) {
    let file = try file("batch")
    let images = try #require(file.tensors["images"])
    let shape = PlaneShape(
      channels: images.shape[1], images: images.shape[0], rows: images.shape[2], columns: images.shape[3])
    return (Planes(shape, dense: channelMajor(images)), try #require(file.integers["labels"]))
  }

  func graph() throws -> Graph {
    let bytes = try [UInt8](Data(contentsOf: url("architecture.yaml")))
    let declaration = try ArchitectureDeclaration(
      bytes, file: folder, kinds: ArchitectureRegistry.layerKinds)
    let images = try #require(try file("batch").tensors["images"])
    let classes = try #require(try file("expected").tensors["eval.logits"]).shape[1]
    return try ArchitectureRegistry.graph(
      ArchitectureSpec(
        name: "layers", depth: 0, block: .plain, input: Array(images.shape[1...]), classes: classes,
        declaration: declaration))
  }

  func network(fused: Bool = true, kernels: KernelClass? = nil) throws -> Network {
    let network = Network(
      try graph(), seed: 0, engine: try Engine(threads: 2, kernels: kernels), fused: fused)
    try network.load(file("model"), from: folder)
    return network
  }
}

@Suite("Reference values of declared networks")
struct DeclaredReferenceTests {
  static let tolerance = 1e-3

  @Test("evaluation gives the reference's logits", arguments: DeclaredCase.all, [true, false])
  func logits(_ reference: DeclaredCase, fused: Bool) throws {
    let batch = try reference.batch()
    let expected = try #require(reference.file("expected").tensors["eval.logits"])
    let found = try reference.network(fused: fused).evaluate(batch.images)
    #expect(relativeError(found.values, expected.values) < 1e-4)
  }

  @Test(
    "a training pass gives the reference's loss, gradients and running statistics",
    arguments: DeclaredCase.all, [true, false])
  func gradients(_ reference: DeclaredCase, fused: Bool) throws {
    let expected = try reference.file("expected").tensors
    let batch = try reference.batch()
    let network = try reference.network(fused: fused)
    let pass = network.train(batch.images, method: .precise)
    let loss = CrossEntropy()(pass.logits, labels: batch.labels)
    network.backward(pass, loss.gradient)
    #expect(abs(loss.loss - Double(try #require(expected["train.loss"]).values[0])) < 1e-4)
    let scale =
      expected.filter { $0.key.hasPrefix("grad.") }.compactMap { $0.value.values.map(abs).max() }.max() ?? 1
    for parameter in network.parameters {
      let wanted = try #require(expected["grad." + parameter.name]).values
      let isNoise = (wanted.map(abs).max() ?? 0) < 1e-6 * scale
      let own = parameter.gradient.values
      let error = relativeError(own, wanted, floor: isNoise ? Double(scale) : 1e-12)
      #expect(error < Self.tolerance, "\(parameter.name)")
    }
    for (name, statistic) in network.runningStatistics {
      let wanted = try #require(expected["after." + name]).values
      #expect(relativeError(statistic.values, wanted) < Self.tolerance, "\(name)")
    }
    let names = expected.keys.filter { $0.hasPrefix("grad.") || $0.hasPrefix("after.") }
    #expect(names.count == network.parameters.count + network.runningStatistics.count)
  }

  @Test("relevance propagates as in the reference", arguments: DeclaredCase.all, [true, false])
  func relevance(_ reference: DeclaredCase, fused: Bool) throws {
    let batch = try reference.batch()
    let network = try reference.network(fused: fused)
    let (_, found) = network.relevances(batch.images, labels: batch.labels)
    let expected = try reference.file("expected").tensors.filter { $0.key.hasPrefix("relevance.") }
    for (layer, own) in found.sorted(by: { $0.key < $1.key }) {
      let values = try #require(expected["relevance." + layer], "\(layer)").values
      #expect(relativeError(own.values, values) < Self.tolerance, "\(layer)")
    }
    // What starts a stream is not scored, not even where streams are pruned.
    let branches = Set(network.channelGroups.flatMap(\.members))
    let starts = Set(network.streamGroups.flatMap(\.members)).subtracting(branches)
    #expect(Set(starts.union(found.keys).map { "relevance." + $0 }) == Set(expected.keys))
    network.prunesStreams = true
    let all = network.relevances(batch.images, labels: batch.labels).relevances
    #expect(Set(all.keys) == Set(found.keys) && starts.isDisjoint(with: all.keys))
  }

  @Test("channels are grouped, and groups scored, as in the reference", arguments: DeclaredCase.all)
  func groups(_ reference: DeclaredCase) throws {
    let expected = try reference.scores()
    let structure = try reference.network().structure
    let scores = structure.groupScores(try layerScores(reference, streams: false))
    try compare(structure.channelGroups, scores, expected.groups)
  }

  @Test("streams are found, and have the mean of their branches' scores", arguments: DeclaredCase.all)
  func streams(_ reference: DeclaredCase) throws {
    let expected = try reference.scores()
    var structure = try reference.network().structure
    structure.prunesStreams = true
    let scores = structure.groupScores(try layerScores(reference, streams: true))
    try compare(structure.streamGroups, scores, expected.streams)
  }

  /// Normalized scores of layers, which are the reference's.
  private func layerScores(_ reference: DeclaredCase, streams: Bool) throws -> [String: [Double]] {
    let batch = try reference.batch()
    let expected = try reference.scores().scores
    let data = ScoringData(seed: 0, epoch: 0) { AnyIterator([batch].makeIterator()) }
    let network = try reference.network()
    network.prunesStreams = streams
    let importance = FeatureRelevance(options: [:]).importance(of: network, on: data)
    let scores = normalizedByLayer(importance)
    for (layer, own) in scores {
      let wanted = try #require(expected[layer], "\(layer)")
      #expect(relativeError(own.map(Float.init), wanted.map(Float.init)) < Self.tolerance, "\(layer)")
    }
    return scores
  }

  private func compare(
    _ groups: [ChannelGroup], _ scores: [String: [Double]], _ expected: [DeclaredCase.Scores.Channel]
  ) throws {
    let counts = Dictionary(uniqueKeysWithValues: groups.map { ($0.name, $0.originalCount) })
    #expect(counts == Dictionary(grouping: expected, by: \.group).mapValues(\.count))
    for wanted in expected {
      // Within groups of a convolution, and in pixels of a flattened map, the first channel gives
      // the number.
      let channel = try #require(wanted.channels[wanted.group]?.min())
      guard let score = wanted.score else {
        #expect(scores[wanted.group] == nil, "\(wanted.group)")
        continue
      }
      let own = try #require(scores[wanted.group]?[channel])
      #expect(abs(own - score) < Self.tolerance, "\(wanted.group) \(channel)")
    }
  }
}
