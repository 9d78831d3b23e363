import Compute
import Foundation
import Network
import Specification
import TensorFiles
import Testing
import Training

@testable import Experiments

@Suite("What check-gradients writes")
struct GradientDumpTests {
  private let labels = [3, 1, 4, 1, 5, 9]
  private let smoothing = 0.1

  /// The share of each class that the loss wants for an image.
  private func target(_ image: Int, _ label: Int) -> Double {
    smoothing / 10 + (label == labels[image] ? 1 - smoothing : 0)
  }

  @Test("is logits, loss, gradients and statistics of one batch, and nothing else")
  func tensors() throws {
    let (engine, folder) = (try Engine(threads: 2), try TemporaryFolder())
    let spec = try digits(["train.label_smoothing=\(smoothing)"])
    let network = try spec.network(engine: engine)
    let (model, batch) = (folder.path + "/model.safetensors", folder.path + "/batch.safetensors")
    try network.tensorFile().write(to: model)
    var random = RandomStream(seed: 3, purpose: .test)
    let values = (0..<labels.count * 64).map { _ in random.uniform() * 4 - 2 }
    let tensor = Tensor(shape: [labels.count, 1, 8, 8], values: values)
    try TensorFile(tensors: ["images": tensor], integers: ["labels": labels]).write(to: batch)
    let output = folder.path + "/gradients.safetensors"
    try GradientDump.write(spec, weights: model, images: batch, to: output, engine: engine)
    let file = try TensorFile(contentsOf: output)

    let images = Planes(network.graph.input.planes(images: labels.count), dense: values)
    var expected = ["eval.logits": network.evaluate(images)]
    let before = network.runningStatistics
    let pass = network.train(images, method: .precise)
    let logits = pass.logits
    network.backward(pass, CrossEntropy(labelSmoothing: smoothing)(logits, labels: labels).gradient)
    for parameter in network.parameters { expected["grad.\(parameter.name)"] = parameter.gradient }
    for (name, statistic) in network.runningStatistics { expected["after.\(name)"] = statistic }
    #expect(Set(file.tensors.keys) == Set(expected.keys).union(["train.loss"]))
    #expect(file.integers.isEmpty)
    for (name, tensor) in expected { #expect(file.tensors[name] == tensor, "\(name)") }
    #expect(file.tensors["after.bn1.running_mean"] != before["bn1.running_mean"])
    #expect(file.tensors["eval.logits"] != logits)
    try expectLoss(file, of: logits)
  }

  /// The loss, and its gradient by the last bias, from their definitions.
  private func expectLoss(_ file: TensorFile, of logits: Tensor) throws {
    let shares = labels.indices.map { image in
      let powers = logits.values[image * 10..<(image + 1) * 10].map { exp(Double($0)) }
      return powers.map { $0 / powers.reduce(0, +) }
    }
    let count = Double(labels.count)
    let losses = shares.enumerated().map { image, shares in
      shares.indices.map { -target(image, $0) * log(shares[$0]) }.reduce(0, +)
    }
    let loss = try #require(file.tensors["train.loss"])
    #expect(loss.shape == [1])
    #expect(abs(Double(loss.values[0]) - losses.reduce(0, +) / count) < 1e-5)
    let gradient = try #require(file.tensors["grad.fc.bias"])
    #expect(gradient.shape == [10])
    for (label, value) in gradient.values.enumerated() {
      let exact = labels.indices.map { shares[$0][label] - target($0, label) }.reduce(0, +) / count
      #expect(abs(Double(value) - exact) < 1e-6)
    }
  }
}
