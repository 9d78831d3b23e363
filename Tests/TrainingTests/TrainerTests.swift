import Architectures
import Compute
import Datasets
import Foundation
import Network
import Specification
import TensorFiles
import Testing
import Training

@Suite("Trainer")
struct TrainerTests {
  @Test("training learns, and evaluation sees it")
  func learns() throws {
    let network = try Self.network(threads: 2)
    let trainer = Trainer(Self.train(rate: 0.05), dataset: Self.dataset, seed: 3)
    let before = try Self.evaluate(network)
    for epoch in 0..<6 { _ = try trainer.train(network, on: Self.images, epoch: epoch) }
    let after = try Self.evaluate(network)
    #expect(try #require(after.loss) < #require(before.loss) / 2)
    #expect(after.top1 > 80)
    #expect(after.top5 >= after.top1)
  }

  @Test("the same bytes for any number of threads", arguments: [2, 4])
  func threads(_ threads: Int) throws {
    let one = try Self.trained(threads: 1)
    let several = try Self.trained(threads: threads)
    #expect(one.tensors == several.tensors)
  }

  @Test("another seed begins with other weights, and trains them otherwise")
  func seeds() throws {
    #expect(try Self.network(threads: 1, seed: 1).tensors != Self.network(threads: 1, seed: 2).tensors)
    let networks = try [UInt64(3), 4].map { seed in
      let network = try Self.network(threads: 1)
      _ = try Trainer(Self.train(rate: 0.05), dataset: Self.dataset, seed: seed)
        .train(network, on: Self.images, epoch: 0)
      return network
    }
    #expect(networks[0].tensors != networks[1].tensors)
  }

  @Test("a step is that of PyTorch's SGD", arguments: [false, true])
  func step(_ nesterov: Bool) throws {
    let network = try Self.network(threads: 1)
    let before = network.parameters.map(\.value.values)
    for (index, parameter) in network.parameters.enumerated() {
      var stream = RandomStream(seed: UInt64(index), purpose: .test)
      parameter.gradient.values = parameter.value.values.map { _ in stream.uniform() - 0.5 }
      parameter.velocity.values = parameter.value.values.map { _ in stream.uniform() - 0.5 }
    }
    let state = network.parameters.map { ($0.gradient.values, $0.velocity.values) }
    StochasticGradientDescent(
      OptimizerSpec(name: "sgd", learningRate: 1, momentum: 0.8, nesterov: nesterov, weightDecay: 0.05)
    ).step(network, learningRate: 0.3)
    for (index, parameter) in network.parameters.enumerated() {
      for (place, found) in parameter.value.values.enumerated() {
        let old = before[index][place]
        let gradient = state[index].0[place] + 0.05 * old
        let velocity = 0.8 * state[index].1[place] + gradient
        let expected = old - 0.3 * (nesterov ? gradient + 0.8 * velocity : velocity)
        #expect(abs(found - expected) < 1e-6)
        #expect(abs(parameter.velocity.values[place] - velocity) < 1e-6)
      }
    }
  }

  @Test("label smoothing changes what is learned")
  func labelSmoothing() throws {
    let smoothed = try Self.network(threads: 1)
    var spec = Self.train(rate: 0.05)
    spec.labelSmoothing = 0.2
    _ = try Trainer(spec, dataset: Self.dataset, seed: 3).train(smoothed, on: Self.images, epoch: 0)
    #expect(try smoothed.tensors != Self.trained(threads: 1).tensors)
  }

  @Test("a checkpoint resumes bit for bit, after channels were removed too")
  func checkpoint() throws {
    let trainer = Trainer(Self.train(rate: 0.05), dataset: Self.dataset, seed: 3)
    let straight = try Self.network(threads: 2)
    _ = try trainer.train(straight, on: Self.images, epoch: 0)
    straight.remove(channels: ["layer1.0.conv1": [0, 3], "layer3.0.conv2": [1]])
    let saved = try TensorFile(bytes: Checkpoint.file(straight, notes: [:]).serialized(), file: "memory")
    _ = try trainer.train(straight, on: Self.images, epoch: 1)
    let resumed = try Self.network(threads: 2)
    try Checkpoint.restore(resumed, from: saved, path: "memory")
    _ = try trainer.train(resumed, on: Self.images, epoch: 1)
    #expect(resumed.tensors == straight.tensors)
    #expect(resumed.channelGroups == straight.channelGroups)
  }

  @Test("layers may be called velocity, and like the momentum of another layer")
  func layersCalledVelocity() throws {
    func network(seed: UInt64) throws -> Network {
      var builder = GraphBuilder(input: FeatureShape(channels: 2))
      var value = Graph.Value.image
      for (layer, outputs) in [("velocity", 3), ("a", 4), ("velocity.a", 5)] {
        value = try builder.add(Linear(outputs: outputs), [value], layer: layer)
      }
      return Network(try builder.graph(), seed: seed, engine: try Engine(threads: 1))
    }
    let saved = try network(seed: 1)
    for (index, parameter) in saved.parameters.enumerated() {
      parameter.velocity.values = parameter.velocity.values.map { _ in Float(index) + 0.1 }
    }
    let restored = try network(seed: 2)
    try Checkpoint.restore(restored, from: Checkpoint.file(saved, notes: [:]), path: "memory")
    #expect(restored.tensors == saved.tensors)
    #expect(restored.parameters.map(\.velocity) == saved.parameters.map(\.velocity))
  }

  @Test("a loss that is not finite names epoch, step and layer, and leaves the parameters of the step before")
  func divergence() throws {
    let network = try Self.network(threads: 1)
    let weight = try #require(network.parameters.first { $0.name == "layer2.0.conv1.weight" })
    weight.value.values[5] = .nan
    let trainer = Trainer(Self.train(rate: 0.05), dataset: Self.dataset, seed: 3)
    #expect(throws: TrainingError.diverged(epoch: 3, step: 1, loss: "nan", layer: "layer2.0.conv1")) {
      try trainer.train(network, on: Self.images, epoch: 2)
    }
    #expect(weight.value.values.count { !$0.isFinite } == 1)
  }

  @Test("a layer whose finite weights overflow is named, not one after it", arguments: [false, true])
  func overflow(_ isNormalizedLater: Bool) throws {
    var builder = GraphBuilder(input: FeatureShape(channels: 1, rows: 8, columns: 8))
    var value = Graph.Value.image
    if isNormalizedLater {
      for layer in ["first", "second"] {
        value = try builder.add(Convolution(outputs: 2, kernel: 3), [value], layer: layer)
      }
      value = try builder.convolution(
        Convolution(outputs: 3, kernel: 3), of: value, layer: "third", norm: "norm", activation: nil)
      value = try builder.add(GlobalAveragePooling(), [value], layer: "mean")
    } else {
      value = try builder.add(Linear(outputs: 3), [value], layer: "hidden")
    }
    _ = try builder.add(Linear(outputs: 4), [value], layer: "fc")
    let network = Network(try builder.graph(), seed: 1, engine: try Engine(threads: 1))
    let layers = isNormalizedLater ? ["first", "second"] : ["hidden", "fc"]
    for parameter in network.parameters where layers.contains(where: { parameter.name == $0 + ".weight" }) {
      parameter.value = Tensor(shape: parameter.value.shape, repeating: 1e30)
    }
    let trainer = Trainer(Self.train(rate: 0.05), dataset: Self.dataset, seed: 3)
    #expect(throws: TrainingError.diverged(epoch: 3, step: 1, loss: "nan", layer: layers[1])) {
      try trainer.train(network, on: Self.images, epoch: 2)
    }
  }

  @Test("what the last step of an epoch breaks is found at the epoch's end, and in evaluation")
  func divergenceAfterTheLastStep() throws {
    let network = try Self.network(threads: 1)
    let trainer = Trainer(Self.train(rate: 0.05), dataset: Self.dataset, seed: 3)
    var run = trainer.epochRun(over: Self.images, epoch: 2)
    for _ in 0..<run.stepCount { #expect(try run.step(network)) }
    let weight = try #require(network.parameters.first { $0.name == "layer2.0.conv1.weight" })
    weight.value.values[5] = .infinity
    #expect(throws: TrainingError.tensorDiverged(epoch: 3, tensor: "layer2.0.conv1.weight")) {
      try run.step(network)
    }
    #expect(network.firstNonFiniteTensor == "layer2.0.conv1.weight")
    #expect(try Self.evaluate(network).loss == nil)
  }

  @Test("an epoch that was left after any step resumes bit for bit", arguments: [1, 7, 11])
  func middleOfAnEpoch(_ steps: Int) throws {
    let trainer = Trainer(Self.train(rate: 0.05), dataset: Self.dataset, seed: 3)
    let straight = try Self.network(threads: 2)
    let whole = try trainer.train(straight, on: Self.images, epoch: 2)
    #expect(whole.steps == 11)
    let left = try Self.network(threads: 2)
    var run = trainer.epochRun(over: Self.images, epoch: 2)
    #expect(run.stepCount == 11)
    for _ in 0..<steps { #expect(try run.step(left)) }
    let saved = try TensorFile(checksummed: Checkpoint.file(left, notes: [:]).checksummed(), file: "memory")
    let progress = try JSONDecoder().decode(Trainer.Progress.self, from: JSONEncoder().encode(run.progress))
    #expect(progress == run.progress)
    let resumed = try Self.network(threads: 1)
    try Checkpoint.restore(resumed, from: saved, path: "memory")
    #expect(try trainer.train(resumed, on: Self.images, epoch: 2, from: progress) == whole)
    #expect(resumed.tensors == straight.tensors)
    #expect(resumed.parameters.map(\.velocity) == straight.parameters.map(\.velocity))
  }

  // MARK: A small task: which quarter of the image is bright

  static let images: ImageSet = {
    var stream = RandomStream(seed: 9, purpose: .test)
    var pixels: [UInt8] = []
    let labels = (0..<203).map { UInt8($0 % 4) }
    for label in labels {
      for row in 0..<8 {
        for column in 0..<8 {
          let isBright = (row < 4) == (label < 2) && (column < 4) == (label % 2 == 0)
          pixels.append(UInt8((isBright ? 150 : 20) + stream.below(80)))
        }
      }
    }
    return ImageSet(channels: 1, rows: 8, columns: 8, pixels: pixels, labels: labels)
  }()

  static let dataset = DatasetSpec(
    name: "quarters", path: nil, trainLimit: nil, testLimit: nil,
    augment: AugmentSpec(randomCropPadding: nil, horizontalFlip: false),
    normalize: NormalizeSpec(mean: [0.3], std: [0.3]))

  static func train(rate: Double) -> TrainSpec {
    TrainSpec(
      epochs: 6, batchSize: 20,
      optimizer: OptimizerSpec(
        name: "sgd", learningRate: rate, momentum: 0.9, nesterov: false, weightDecay: 5e-4),
      schedule: ScheduleSpec(kind: .cosine(minimum: 0), warmupEpochs: 0), labelSmoothing: 0)
  }

  static func network(threads: Int, seed: UInt64 = 1) throws -> Network {
    let spec = ArchitectureSpec(
      name: "resnet", depth: 8, block: .basic, width: 0.5, input: [1, 8, 8], classes: 4, weights: nil)
    return try ArchitectureRegistry.build(spec, seed: seed, engine: Engine(threads: threads))
  }

  static func trained(threads: Int) throws -> Network {
    let network = try Self.network(threads: threads)
    let trainer = Trainer(Self.train(rate: 0.05), dataset: Self.dataset, seed: 3)
    _ = try trainer.train(network, on: Self.images, epoch: 0)
    return network
  }

  static func evaluate(_ network: Network) throws -> Evaluation {
    try Evaluation(
      of: network, on: Self.images, normalize: Self.dataset.normalize, batchSize: 64, precision: .float32)
  }
}

extension Trainer {
  /// The rest of an epoch; returns where it ended.
  func train(
    _ network: Network, on images: ImageSet, epoch: Int, from progress: Progress = Progress()
  ) throws -> Progress {
    var run = epochRun(over: images, epoch: epoch, from: progress)
    while try run.step(network) {}
    return run.progress
  }
}
