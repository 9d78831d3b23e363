import Compute
import Datasets
import Foundation
import Network
import Specification
import TensorFiles
import Testing

@testable import Experiments

@Suite("Predictions for pictures")
struct PicturePredictionTests {
  private let engine: Engine
  private let folder: TemporaryFolder

  init() throws {
    engine = try Engine(threads: 2)
    folder = try TemporaryFolder()
  }

  /// Logits of pictures, by a network with the experiment's random weights.
  private func logits(_ spec: ExperimentSpec, _ network: Network, _ paths: [String]) throws -> Tensor {
    let model = folder.path + "/model.safetensors"
    try network.tensorFile().write(to: model)
    return try Prediction(spec, weights: model, images: .pictures(paths), top: 1, engine: engine).logits
  }

  @Test(
    "are those for the same pictures as test images of the experiment",
    arguments: [[], ["dataset.resize=40"], ["dataset.size=32"]])
  func testImages(_ overrides: [String]) throws {
    let runs = ImageFolderRunTests()
    let pictures = try runs.pictures()
    let spec = try runs.experiment(pictures, overrides)
    let network = try spec.network(engine: engine)
    let test = try spec.loadData(threads: 1).test
    // All pictures of a class are the same one.
    let order = try [Int32(0), 1, 2].map { try #require(test.labels.firstIndex(of: $0)) }
    let batch = try BatchPlan(
      set: test, order: order, batchSize: order.count, augment: nil, normalize: spec.dataset.normalize,
      seed: 0, epoch: 0
    ).batch(0)
    let paths = ["colour/0.jpg", "deep/0.png", "large/0.jpg"].map { "\(pictures.path)/val/\($0)" }
    let found = try logits(spec, network, paths)
    #expect(found == network.evaluate(batch.images))
    let rows = (0..<3).map { (image: Int) -> [Float] in Array(found.values[(image * 3)..<(image * 3 + 3)]) }
    #expect(Set(rows).count == 3)
  }

  @Test("are those of brightness for a network of one channel")
  func brightness() throws {
    let spec = try digits()
    let network = try spec.network(engine: engine)
    let paths = ["colour.png", "grey.png"].map { ImageFolderRunTests.fixtures + $0 }
    var bytes: [UInt8] = []
    for path in paths {
      let colours = try SinglePicture.image(contentsOf: path, channels: 3, side: 8, nil).map(Int.init)
      let grey = try SinglePicture.image(contentsOf: path, channels: 1, side: 8, nil)
      #expect(colours.count == 3 * 64 && grey.count == 64)
      #expect((colours[..<64] != colours[64..<128]) == path.hasSuffix("colour.png"))
      for (pixel, value) in grey.enumerated() {
        // In thousandths: ITU-R BT.601, to the nearest byte.
        let exact = 299 * colours[pixel] + 587 * colours[64 + pixel] + 114 * colours[128 + pixel]
        #expect(abs(1000 * Int(value) - exact) <= 500)
      }
      bytes += grey
    }
    let (mean, deviation) = (spec.dataset.normalize.mean[0], spec.dataset.normalize.std[0])
    let images = Planes(
      network.graph.input.planes(images: 2),
      dense: bytes.map { Float((Double($0) / 255 - mean) / deviation) })
    #expect(try logits(spec, network, paths) == network.evaluate(images))
  }
}
