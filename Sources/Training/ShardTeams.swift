import Compute
import Datasets
import MessagePassing
import Network
import Synchronization

/// Teams of threads that compute shards of a batch in parallel, each with a copy of the network and
/// a range of neighbouring shards.
///
/// Threads that share a layer synchronize after every layer, teams once per step. The result of a
/// shard does not depend on the team, bit for bit.
struct ShardTeams: Sendable {
  private let engine: Engine
  private let parts: [Engine]
  private let shards: Int

  /// The result of neighbouring shards.
  struct Outcome: Sendable {
    /// Of gradients and running statistics, each times the images of its shard.
    var sum = TreeSum()
    var results: [ShardResult] = []
    /// The first layer that is not finite, if a loss is not.
    var layer: String?
  }

  /// - Parameter shards: of every batch, in this process.
  init(_ engine: Engine, shards: Int) {
    self.engine = engine
    self.shards = shards
    let count = Self.count(shards: shards, threads: engine.threads)
    parts = count > 1 ? engine.divided(into: count) : [engine]
  }

  /// The number of teams with the fewest idle threads, if all teams have the same number of shards;
  /// the largest such number.
  static func count(shards: Int, threads: Int) -> Int {
    (1...max(1, min(shards, threads))).filter { shards % $0 == 0 }.max {
      ($0 * (threads / $0), $0) < ($1 * (threads / $1), $1)
    } ?? 1
  }

  /// Computes a step's shards.
  ///
  /// - Parameters:
  ///   - network: with the weights and running statistics that all shards start from. A single team
  ///     changes this network.
  ///   - batches: of the shards, in order.
  ///   - first: number of the first shard, which is a leaf of the sum.
  ///   - precision: of the activations.
  ///   - dropout: the random numbers of a shard, by its number.
  func outcome(
    of network: Network, _ batches: [ImageBatch], first: Int, loss: CrossEntropy,
    precision: Precision, dropout: (_ shard: Int) -> RandomStream
  ) -> Outcome {
    precondition(batches.count == shards, "\(batches.count) of \(shards) shards")
    let outcomes = Mutex([Int: Outcome]())
    let run = shards / parts.count
    engine.parallel(parts.count) { team in
      let own = parts.count > 1 ? network.copy(on: parts[team]) : network
      let outcome = Self.outcome(
        of: own, batches[team * run..<(team + 1) * run], first, loss, precision, dropout)
      outcomes.withLock { $0[team] = outcome }
    }
    return outcomes.withLock { found in
      parts.indices.reduce(into: Outcome()) { all, team in
        guard let outcome = found[team] else { preconditionFailure("team \(team) has no outcome") }
        for part in outcome.sum.parts { all.sum.add(part.values, part.node) }
        all.results += outcome.results
        all.layer = all.layer ?? outcome.layer
      }
    }
  }

  /// Computes neighbouring shards one after the other, on the network itself.
  private static func outcome(
    of network: Network, _ batches: ArraySlice<ImageBatch>, _ first: Int, _ crossEntropy: CrossEntropy,
    _ precision: Precision, _ dropout: (_ shard: Int) -> RandomStream
  ) -> Outcome {
    let start = network.statisticsVector
    var outcome = Outcome()
    for (index, batch) in zip(batches.indices, batches) {
      var result = ShardResult(images: batch.count)
      if batch.count > 0 {
        network.statisticsVector = start
        let pass = network.train(
          batch.images, dropout: dropout(first + index), precision: precision)
        let loss = crossEntropy(pass.logits, labels: batch.labels)
        result.loss = loss.loss
        result.hits.count(pass.logits, labels: batch.labels)
        if !loss.loss.isFinite { outcome.layer = outcome.layer ?? network.firstNonFiniteLayer(pass) }
        network.backward(pass, loss.gradient)
      }
      outcome.sum.add(result.weighted(network), leaf: first + index)
      outcome.results.append(result)
    }
    return outcome
  }
}
