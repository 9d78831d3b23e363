import Architectures
import Compute
import Foundation
import Specification
import TensorFiles
import Testing

@testable import Network

/// One network with a batch and what float64 PyTorch computed for it: gradients, relevance, scores.
struct ReferenceCase: CustomTestStringConvertible, Sendable {
  let folder: String
  let architecture: ArchitectureSpec

  static let all = [
    ReferenceCase(folder: "resnet8", depth: 8, block: .basic),
    ReferenceCase(folder: "resnet20", depth: 20, block: .basic),
    ReferenceCase(folder: "resnet11b", depth: 11, block: .bottleneck),
    ReferenceCase(folder: "vgg16-narrow", name: "vgg16", depth: 16, block: .plain, width: 0.125),
    // By `Fixtures/imagenet_reference.py`.
    ReferenceCase(
      folder: "resnet18-narrow", name: "resnet18", depth: 18, block: .basic, width: 0.125, pixels: [64, 64]),
    ReferenceCase(
      folder: "resnet50-narrow", name: "resnet50", depth: 50, block: .bottleneck, width: 0.0625,
      pixels: [62, 45]),
  ]

  var testDescription: String { folder }

  private init(
    folder: String, name: String = "resnet", depth: Int, block: ArchitectureSpec.BlockKind, width: Double = 1,
    pixels: [Int] = [32, 32]
  ) {
    self.folder = folder
    architecture = ArchitectureSpec(
      name: name, depth: depth, block: block, width: width, input: [3] + pixels, classes: 10, weights: nil)
  }

  struct Scores: Decodable {
    var class_accuracy: [Double]
    var class_scale: [Double]
    var scores: [String: [Double]]
  }

  func file(_ name: String) throws -> TensorFile {
    try TensorFile(contentsOf: path(name + ".safetensors"))
  }

  func scores() throws -> Scores {
    try JSONDecoder().decode(
      Scores.self, from: Data(contentsOf: URL(fileURLWithPath: path("relevance.json"))))
  }

  private func path(_ name: String) -> String {
    Bundle.module.bundleURL.appendingPathComponent("Fixtures/\(folder)/\(name)").path
  }

  /// The network with the reference's weights.
  func network(threads: Int = 2, kernels: KernelClass? = nil) throws -> Network {
    let engine = try Engine(threads: threads, kernels: kernels)
    let network = try ArchitectureRegistry.build(architecture, seed: 0, engine: engine)
    try network.load(file("model"), from: folder)
    return network
  }

  /// The batch, images as `[channels, images, rows, columns]`.
  func batch() throws -> (images: Planes, labels: [Int]) {
    let file = try file("batch")
    let images = try #require(file.tensors["images"])
    let shape = PlaneShape(
      channels: images.shape[1], images: images.shape[0], rows: images.shape[2], columns: images.shape[3])
    return (Planes(shape, dense: channelMajor(images)), try #require(file.integers["labels"]))
  }
}

/// `[images, channels, rows, columns]` to `[channels, images, rows, columns]`.
func channelMajor(_ images: Tensor) -> [Float] {
  let (count, channels) = (images.shape[0], images.shape[1])
  let pixels = images.shape[2] * images.shape[3]
  var values: [Float] = []
  for channel in 0..<channels {
    for image in 0..<count {
      let start = (image * channels + channel) * pixels
      values += images.values[start..<start + pixels]
    }
  }
  return values
}
