import Compute
import Datasets
import Foundation
import Network
import Specification
import Testing

@testable import Experiments

@Suite("Scoring")
struct ScoringTests {
  @Test("a model's scores on a batch, normalized by layer, are those of an independent computation")
  func reference() throws {
    let folder = repository + "/Tests/NetworkTests/Fixtures/resnet20/"
    var spec = try digits()
    spec.architecture = ArchitectureSpec(
      name: "resnet", depth: 20, block: .basic, width: 1, input: [3, 32, 32], classes: 10, weights: nil)
    let found = try ModelScores(
      spec, weights: folder + "model.safetensors", images: folder + "batch.safetensors",
      engine: Engine(threads: 2)
    ).scores
    struct Reference: Decodable { var scores: [String: [Double]] }
    let expected = try JSONDecoder().decode(
      Reference.self, from: Data(contentsOf: URL(fileURLWithPath: folder + "relevance.json"))
    ).scores
    #expect(Set(found.keys) == Set(expected.keys))
    for (layer, values) in expected {
      let own = try #require(found[layer])
      let largest = values.max() ?? 0
      for (a, b) in zip(own, values) { #expect(abs(a - b) <= 1e-3 * largest, "\(layer)") }
    }
  }

  @Test("seed, number of images and augmentation decide on what a network is scored")
  func images() throws {
    func scores(_ overrides: [String] = [], seed: UInt64 = 0) throws -> [String: [Double]] {
      let spec = try digits(overrides)
      let engine = try Engine(threads: 2)
      let network = try spec.network(weights: nil, engine: engine)
      let data = try spec.loadData(threads: 2).train
      return try Scoring(spec: spec, data: data, seed: seed).scores(of: network, epoch: 1)
    }
    let few = try scores(["prune.samples=20"])
    let augmented = try scores(["dataset.augment.random_crop.padding=1"])
    let all = try scores(["prune.samples=all"])
    #expect(try scores(["prune.samples=20"]) == few)
    #expect(try scores(["prune.samples=20"], seed: 1) != few)
    #expect(few != all)
    #expect(augmented != all)
    #expect(try scores(["prune.samples=300"]) == all)
  }

  @Test("a table has each channel once, also where a stream has the name of a layer")
  func table() throws {
    let text = """
      format: 1
      name: residual
      dataset: {name: digits, train_limit: 20}
      architecture:
        layers:
          - {name: stem, conv: 8}
          - {name: body, conv: 8}
          - {name: tail, conv: 8}
          - {name: sum, add: [stem, tail]}
          - global_average_pool: true
          - {name: classifier, linear: classes}
      train: {epochs: 2}
      prune: {criterion: l1_norm, ratio: 0.3, interval: 1, until: 1, scope: stream}
      """
    let spec = try ExperimentFile.load(
      text: text, file: "residual.yaml", overrides: [], catalog: .standard, environment: [:])
    let scores = try ModelScores(spec, weights: nil, images: nil, engine: Engine(threads: 1))
    let rows = scores.csv().split(separator: "\n").dropFirst().map {
      $0.split(separator: ",").prefix(2).joined(separator: ",")
    }
    #expect(Set(rows).count == rows.count)
    #expect(Array(rows.prefix(8)) == (0..<8).map { "stem,\($0)" })
  }
}
