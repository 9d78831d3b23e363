import Compute
import Datasets
import Network
import Specification
import Testing

@testable import Training

@Suite("Training in shards")
struct ShardTrainingTests {
  private func network(threads: Int = 1) throws -> Network { try TrainerTests.network(threads: threads) }

  private func images(_ count: Int) -> ImageSet { TrainerTests.images.selecting(Array(0..<count)) }

  private func trainer(shards: Int, batch: Int, precision: ActivationPrecision = .float32) -> Trainer {
    Trainer(
      TrainSpec(
        epochs: 1, batchSize: batch, optimizer: OptimizerSpec(learningRate: 0.1), shards: shards,
        precision: precision),
      dataset: TrainerTests.dataset, seed: 3)
  }

  @Test("the gradients and running statistics of a step are the means of those of its shards")
  func means() throws {
    let (batch, shards) = (23, 4)
    let set = images(batch)
    let network = try network()
    var run = trainer(shards: shards, batch: batch).epochRun(over: set, epoch: 0)
    #expect(try run.step(network))
    #expect(try !run.step(network))

    // Each shard by a network of its own.
    let plan = BatchPlan(
      set: set, order: BatchLoader.shuffledOrder(count: batch, seed: 3, epoch: 0), batchSize: batch,
      augment: nil, normalize: TrainerTests.dataset.normalize, seed: 3, epoch: 0)
    var gradients = network.parameters.map { [Double](repeating: 0, count: $0.gradient.count) }
    var statistics = [Double](repeating: 0, count: network.statisticsVector.count)
    var (lossSum, images) = (0.0, 0)
    for index in 0..<shards {
      let shard = try plan.batch(0, shard: BatchShard(index: index, count: shards))
      let other = try self.network()
      let forward = other.train(shard.images)
      let loss = CrossEntropy()(forward.logits, labels: shard.labels)
      other.backward(forward, loss.gradient)
      for (parameter, values) in other.parameters.enumerated() {
        for (element, value) in values.gradient.values.enumerated() {
          gradients[parameter][element] += Double(value) * Double(shard.count) / Double(batch)
        }
      }
      for (element, value) in other.statisticsVector.enumerated() {
        statistics[element] += Double(value) * Double(shard.count) / Double(batch)
      }
      lossSum += loss.loss * Double(shard.count)
      images += shard.count
    }
    #expect(images == batch && run.progress.images == batch)
    #expect(abs(run.progress.lossSum - lossSum) < 1e-9)
    for (parameter, expected) in zip(network.parameters, gradients) {
      for (found, expected) in zip(parameter.gradient.values, expected) {
        #expect(abs(Double(found) - expected) < 1e-5 + 1e-4 * abs(expected), "\(parameter.name)")
      }
    }
    for (found, expected) in zip(network.statisticsVector, statistics) {
      #expect(abs(Double(found) - expected) < 1e-5 + 1e-5 * abs(expected))
    }
  }

  @Test(
    "the same bytes for any number of threads, and after a stop", arguments: [1, 2, 3, 7],
    ActivationPrecision.allCases)
  func threads(_ threads: Int, _ precision: ActivationPrecision) throws {
    let set = images(90)
    let trainer = trainer(shards: 6, batch: 32, precision: precision)
    let (whole, resumed) = (try network(), try network(threads: threads))
    var run = trainer.epochRun(over: set, epoch: 0)
    while try run.step(whole) {}
    var first = trainer.epochRun(over: set, epoch: 0)
    _ = try first.step(resumed, isAskedToStop: true)
    #expect(first.isAskedToStop)
    var rest = trainer.epochRun(over: set, epoch: 0, from: first.progress)
    while try rest.step(resumed) {}
    #expect(whole.tensors == resumed.tensors && run.progress == rest.progress)
  }

  @Test(
    "as many teams compute shards side by side as leave the fewest threads idle",
    arguments: [
      (1, 8, 1), (2, 1, 1), (2, 2, 2), (2, 16, 2), (4, 16, 4), (8, 2, 2), (3, 2, 1), (6, 4, 2), (5, 4, 1),
      (64, 16, 16),
    ])
  func teams(shards: Int, threads: Int, expected: Int) throws {
    #expect(ShardTeams.count(shards: shards, threads: threads) == expected)
    let parts = try Engine(threads: threads).divided(into: expected)
    #expect(parts.map(\.threads).reduce(0, +) == threads)
  }

  @Test("shards of a batch are neighbours, as even as can be, and of at least two images")
  func parts() {
    for count in 1...9 {
      for images in 0...40 {
        let parts = (0..<count).map { BatchShard(index: $0, count: count).part(of: images) }
        #expect(parts.flatMap { $0 } == Array(0..<images))
        let sizes = parts.map(\.count).filter { $0 > 0 }
        #expect(sizes.allSatisfy { $0 >= min(2, images) })
        #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
      }
    }
  }

  @Test(
    "a small last batch leaves shards without images, and a loss that is not finite names the layer",
    arguments: [1, 2, 8])
  func smallLastBatch(threads: Int) throws {
    let set = images(33)
    let network = try network(threads: threads)
    var run = trainer(shards: 8, batch: 30).epochRun(over: set, epoch: 0)
    while try run.step(network) {}
    #expect(run.progress.images == 33 && run.progress.steps == 2)
    network.parameters[0].value.values[0] = .infinity
    let layer = try #require(network.layers().first).name
    var next = trainer(shards: 8, batch: 30).epochRun(over: set, epoch: 1)
    let error = #expect(throws: TrainingError.self) { try next.step(network) }
    #expect(
      error?.description.contains("at epoch 2, step 1; the first layer that is not finite is \(layer)")
        ?? false)
  }
}
