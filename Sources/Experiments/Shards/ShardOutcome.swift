/// How the trainings of a shard ended.
public struct ShardOutcome: Equatable, Sendable {
  public let shard: Shard
  /// Done by this process, at least an epoch of each.
  public var trained = 0
  /// Done before.
  public var cached = 0
  /// Failed, interrupted or not begun.
  public var left = 0

  public var text: String {
    let all = trained + cached + left
    guard all > 0 else { return "shard \(shard): nothing to train" }
    return "shard \(shard): \(trained + cached) of \(all) trainings done, \(cached) of them before"
      + (left == 0 ? "" : "; \(left) left")
  }
}
