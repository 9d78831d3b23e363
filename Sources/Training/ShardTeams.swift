import Compute
import Datasets
import Network
import Synchronization

/// Teams of threads that compute shards of a batch side by side, each with a copy of the network.
///
/// Threads that share a layer wait for each other after every one, teams once a step. A shard's
/// bits don't depend on who computes it.
struct ShardTeams: Sendable {
  private let engine: Engine
  private let parts: [Engine]

  /// What a shard came to.
  struct Outcome: Sendable {
    var result: ShardResult
    /// Gradients and running statistics, times the number of images.
    var weighted: [Float]
    /// The first layer that is not finite, where the loss is not.
    var layer: String?
  }

  /// - Parameter shards: of every batch.
  init(_ engine: Engine, shards: Int) {
    self.engine = engine
    let count = Self.count(shards: shards, threads: engine.threads)
    parts = count > 1 ? engine.divided(into: count) : [engine]
  }

  var count: Int { parts.count }

  /// Number of teams that leaves the fewest threads idle, all teams computing equally many shards;
  /// of several the largest.
  static func count(shards: Int, threads: Int) -> Int {
    (1...max(1, min(shards, threads))).filter { shards % $0 == 0 }.max {
      ($0 * (threads / $0), $0) < ($1 * (threads / $1), $1)
    } ?? 1
  }

  /// The outcomes of one shard a team, in order.
  ///
  /// - Parameters:
  ///   - network: whose weights and running statistics the shards begin with. Where there is one
  ///     team, its gradients and running statistics change.
  ///   - batches: ``count`` shards at most.
  ///   - dropout: what the shard of that place among the batches draws from.
  func outcomes(
    of network: Network, _ batches: ArraySlice<ImageBatch>, loss: CrossEntropy,
    dropout: (_ place: Int) -> RandomStream
  ) -> [Outcome] {
    guard count > 1 else {
      return batches.indices.map { Self.outcome(of: network, batches[$0], loss, dropout($0)) }
    }
    let outcomes = Mutex([Int: Outcome]())
    engine.parallel(batches.count) { team in
      let place = batches.startIndex + team
      let outcome = Self.outcome(of: network.copy(on: parts[team]), batches[place], loss, dropout(place))
      outcomes.withLock { $0[place] = outcome }
    }
    return outcomes.withLock { found in batches.indices.compactMap { found[$0] } }
  }

  private static func outcome(
    of network: Network, _ batch: ImageBatch, _ crossEntropy: CrossEntropy, _ dropout: RandomStream
  ) -> Outcome {
    var outcome = Outcome(result: ShardResult(images: batch.count), weighted: [])
    if batch.count > 0 {
      let pass = network.train(batch.images, dropout: dropout)
      let loss = crossEntropy(pass.logits, labels: batch.labels)
      outcome.result.loss = loss.loss
      outcome.result.hits.count(pass.logits, labels: batch.labels)
      if !loss.loss.isFinite { outcome.layer = network.firstNonFiniteLayer(pass) }
      network.backward(pass, loss.gradient)
    }
    outcome.weighted = outcome.result.weighted(network)
    return outcome
  }
}
