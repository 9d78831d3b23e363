import Network
import Specification

extension TrainingMemory {
  /// Bytes of a training with these settings in one process, see ``ShardTeams``.
  ///
  /// - Parameters:
  ///   - threads: number of threads of the process.
  ///   - processes: number of processes that train together, each with a part of the shards.
  public func bytes(_ train: TrainSpec, threads: Int, processes: Int = 1) -> Double {
    let shards = (train.shards + processes - 1) / max(1, processes)
    let teams = ShardTeams.count(shards: shards, threads: threads)
    let images = (train.batchSize + train.shards - 1) / max(1, train.shards)
    // A team computes one shard at a time, whose images decide what it recomputes.
    let perImage = (bytes(images: images) - bytes(images: 0)) / Double(max(1, images))
    return bytes(images: 0) + Double(min(train.batchSize, teams * images)) * perImage
      + (train.shards > 1 ? Double(teams) * 2 * parameters : 0)
  }
}
