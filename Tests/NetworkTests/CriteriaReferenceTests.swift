import Foundation
import TestSupport
import Testing

@testable import Network
@testable import Pruning

/// Against values that `Fixtures/criteria/criteria.py` computed with PyTorch in float64.
@Suite("Reference values of criteria")
struct CriteriaReferenceTests {
  typealias Values = [String: [String: [String: [Double]]]]

  static let folders = ["resnet8", "resnet11b", "vgg16-narrow"]

  @Test(
    "importance by each criterion is PyTorch's", arguments: folders,
    ["l1_norm", "l2_norm", "fpgm", "bn_scale", "taylor", "apoz"])
  func importance(_ folder: String, _ name: String) throws {
    let expected = try #require(Self.values()[folder]?[name])
    let reference = try #require(ReferenceCase.all.first { $0.folder == folder })
    let network = try reference.network()
    let batch = try reference.batch()
    let criterion = try #require(CriterionRegistry.make(name))
    let data = ScoringData(seed: 0, epoch: 0) { AnyIterator([batch].makeIterator()) }
    let found = criterion.importance(of: network, on: data)
    #expect(Set(found.keys) == Set(expected.keys))
    for (layer, values) in found.sorted(by: { $0.key < $1.key }) {
      let wanted = try #require(expected[layer])
      // A few inputs of ReLUs lie closer to zero than single precision can tell, and each moves a
      // derivative by a jump.
      let tolerance = name == "taylor" ? 1e-2 : 1e-4
      #expect(relativeError(values.map(Float.init), wanted.map(Float.init)) < tolerance, "\(layer)")
    }
  }

  @Test(
    "scoring leaves parameters and running statistics as they were",
    arguments: CriterionRegistry.entries.map(\.name))
  func sideEffects(_ name: String) throws {
    let reference = try #require(ReferenceCase.all.first)
    let network = try reference.network()
    let before = network.tensors
    let batch = try reference.batch()
    let data = ScoringData(seed: 0, epoch: 0) { AnyIterator([batch].makeIterator()) }
    _ = try #require(CriterionRegistry.make(name)).importance(of: network, on: data)
    #expect(network.tensors == before)
  }

  private static func values() throws -> Values {
    let url = Bundle.module.bundleURL.appendingPathComponent("Fixtures/criteria/criteria.json")
    return try JSONDecoder().decode(Values.self, from: Data(contentsOf: url))
  }
}
