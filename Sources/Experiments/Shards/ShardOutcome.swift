/// Outcome of the trainings of a shard.
public struct ShardOutcome: Equatable, Sendable {
  public let shard: Shard
  /// Trainings of which this process did at least one epoch.
  public var trained = 0
  /// Trainings that were done before.
  public var cached = 0
  /// Trainings that failed, were interrupted or did not start.
  public var left = 0

  public var text: String {
    let all = trained + cached + left
    guard all > 0 else { return "shard \(shard): nothing to train" }
    return "shard \(shard): \(trained + cached) of \(all) trainings done, \(cached) of them before"
      + (left == 0 ? "" : "; \(left) left")
  }
}
