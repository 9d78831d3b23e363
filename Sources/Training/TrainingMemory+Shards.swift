import Network
import Specification

extension TrainingMemory {
  /// Bytes of a training with these settings in one process, see ``ShardTeams``.
  ///
  /// - Parameter threads: number of threads of the process.
  public func bytes(_ train: TrainSpec, threads: Int) -> Double {
    let teams = ShardTeams.count(shards: train.shards, threads: threads)
    let images = (train.batchSize + train.shards - 1) / max(1, train.shards)
    return bytes(images: min(train.batchSize, teams * images))
      + (train.shards > 1 ? Double(teams) * 2 * parameters : 0)
  }
}
