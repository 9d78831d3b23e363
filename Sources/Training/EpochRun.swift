import Compute
import Datasets
import MessagePassing
import Network
import Specification

extension Trainer {
  /// Progress of an epoch's run: everything besides the network that its next steps and its means
  /// depend on.
  public struct Progress: Codable, Equatable, Sendable {
    /// Number of completed steps.
    public var steps = 0
    /// Sum over images.
    public var lossSum = 0.0
    public var hits = Hits()

    public init() {}

    /// Mean over the images so far, each by the network at its step.
    public var loss: Double { lossSum / Double(max(1, hits.images)) }
    /// Percent, over the same images.
    public var top1: Double { hits.top1Accuracy }
    public var images: Int { hits.images }
  }

  /// An epoch in progress.
  public struct EpochRun {
    public private(set) var progress: Progress
    /// Number of steps of the whole epoch.
    public let stepCount: Int
    /// At the first step of the epoch.
    public let learningRate: Double
    /// Whether the group was asked to stop before the last step; see ``step(_:isAskedToStop:)``.
    public private(set) var isAskedToStop = false
    let trainer: Trainer
    let epoch: Int
    private let loader: BatchLoader
    /// The threads of steps in shards, from the first such step on.
    private var teams: ShardTeams?

    init(_ trainer: Trainer, _ images: ImageSet, epoch: Int, progress: Progress) {
      self.trainer = trainer
      self.epoch = epoch
      self.progress = progress
      loader = BatchLoader(
        set: images,
        order: BatchLoader.shuffledOrder(count: images.count, seed: trainer.seed, epoch: epoch),
        batchSize: trainer.spec.batchSize, augment: trainer.augment, normalize: trainer.normalize,
        seed: trainer.seed, epoch: epoch, startBatch: progress.steps,
        shards: trainer.ownShards.map { BatchShard(index: $0, count: trainer.spec.shards) })
      stepCount = loader.batchCount
      learningRate = trainer.learningRate(epoch: epoch)
    }

    /// Trains the network on one batch; returns false when the epoch is over.
    ///
    /// - Parameter isAskedToStop: what ``isAskedToStop`` is afterwards, if one of the group's
    ///   processes says so
    /// - Throws: `TrainingError.diverged` when the loss is not finite, `.data` when an image cannot
    ///   be read: the parameters are then those before the step. At the end of the epoch,
    ///   `.tensorDiverged` if a tensor is not finite after the last step, since no later loss would
    ///   show that.
    public mutating func step(
      _ network: Network, isAskedToStop: Bool = false
    ) throws(TrainingError) -> Bool {
      if progress.steps < stepCount, trainer.spec.shards > 1 {
        return try stepOfShards(network, isAskedToStop)
      }
      self.isAskedToStop = isAskedToStop
      guard progress.steps < stepCount, let batch = try nextBatch() else {
        if progress.steps > 0, progress.hits.images == 0 { throw .noImages(part: "training") }
        if let tensor = network.firstNonFiniteTensor {
          throw .tensorDiverged(epoch: epoch + 1, tensor: tensor)
        }
        return false
      }
      let number = progress.steps
      guard batch.count > 0 else {
        // All of its pictures are damaged.
        progress.steps += 1
        return true
      }
      let dropout = RandomStream(seed: trainer.seed, purpose: .dropout, epoch: epoch, index: number)
      let pass = network.train(batch.images, dropout: dropout, precision: trainer.precision)
      let result = trainer.loss(pass.logits, labels: batch.labels)
      guard result.loss.isFinite else {
        throw .diverged(
          epoch: epoch + 1, step: number + 1, loss: Self.described(result.loss),
          layer: network.firstNonFiniteLayer(pass)
        )
      }
      progress.hits.count(pass.logits, labels: batch.labels)
      network.backward(pass, result.gradient)
      move(network)
      progress.lossSum += result.loss * Double(batch.count)
      return true
    }

    /// A loss that is not finite; the sign of NaN has no meaning.
    private static func described(_ loss: Double) -> String { loss.isNaN ? "nan" : "\(loss)" }

    /// Updates the parameters by their gradients.
    private mutating func move(_ network: Network) {
      let share = Double(progress.steps) / Double(stepCount)
      trainer.optimizer.step(network, learningRate: trainer.learningRate(epoch: epoch, progress: share))
      progress.steps += 1
    }

    /// A step whose batch is computed in shards, possibly by several processes.
    ///
    /// Batch norm uses the statistics of each shard. Gradients and running statistics are the means
    /// over the shards, weighted by their images, summed in a fixed tree.
    private mutating func stepOfShards(
      _ network: Network, _ isAskedToStop: Bool
    ) throws(TrainingError) -> Bool {
      let group = trainer.group
      let number = progress.steps
      let start = network.statisticsVector
      let shards = trainer.ownShards
      var batches: [ImageBatch] = []
      for shard in shards {
        guard let batch = try nextBatch() else { preconditionFailure("no shard \(shard) of step \(number)") }
        batches.append(batch)
      }
      let teams = teams ?? ShardTeams(network.engine, shards: shards.count)
      self.teams = teams
      let outcome = teams.outcome(
        of: network, batches, first: shards.lowerBound, loss: trainer.loss, precision: trainer.precision
      ) { shard in
        RandomStream(
          seed: trainer.seed, purpose: .dropout, epoch: epoch, index: number * trainer.spec.shards + shard)
      }
      let results = agreed([isAskedToStop ? 1 : 0] + outcome.results.flatMap(\.notes))
      let images = results.map(\.images).reduce(0, +)
      let loss = results.map(\.lossSum).reduce(0, +)
      guard loss.isFinite else {
        throw .diverged(
          epoch: epoch + 1, step: number + 1, loss: Self.described(loss / Double(images)),
          layer: agreed(outcome.layer, of: network))
      }
      guard images > 0 else {
        // All of its pictures are damaged.
        network.statisticsVector = start
        progress.steps += 1
        return true
      }
      network.takeMeans(
        of: group.total(outcome.sum, leaves: trainer.spec.shards, length: network.vectorLength),
        images: images)
      move(network)
      progress.lossSum += loss
      for result in results { progress.hits.add(result.hits) }
      return true
    }

    /// The results of all shards, from the notes of all processes.
    private mutating func agreed(_ notes: [Double]) -> [ShardResult] {
      let group = trainer.group
      let counts = (0..<group.count).map {
        1 + ShardResult.noteCount * group.part(of: trainer.spec.shards, rank: $0).count
      }
      var all = group.gathered(notes, counts: counts)[...]
      var results: [ShardResult] = []
      isAskedToStop = false
      for count in counts {
        let own = all.prefix(count)
        all = all.dropFirst(count)
        if own.first == 1 { isAskedToStop = true }
        results += ShardResult.results(own.dropFirst())
      }
      return results
    }

    /// The layer that the first process has found, in the order of the shards.
    private func agreed(_ layer: String?, of network: Network) -> String? {
      let group = trainer.group
      let names = network.graph.nodes.flatMap { [$0.tensors, $0.layer] }
      let own = layer.flatMap { names.firstIndex(of: $0) } ?? -1
      let found = group.gathered([Double(own)], counts: Array(repeating: 1, count: group.count))
      return found.first { $0 >= 0 }.map { names[Int($0)] }
    }

    private func nextBatch() throws(TrainingError) -> ImageBatch? {
      do { return try loader.next() } catch { throw .data(error) }
    }
  }
}
