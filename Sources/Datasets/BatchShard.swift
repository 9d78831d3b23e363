/// A contiguous part of every batch, by its index among a fixed number of parts.
public struct BatchShard: Equatable, Sendable {
  public let index: Int
  public let count: Int

  /// The only part.
  public static let whole = BatchShard(index: 0, count: 1)

  /// - Precondition: `index` is from 0 to `count - 1`.
  public init(index: Int, count: Int) {
    precondition((0..<count).contains(index), "shard \(index) of \(count)")
    (self.index, self.count) = (index, count)
  }

  /// Positions within a batch of the given number of images; parts are as equal as possible.
  ///
  /// Each part has at least two images, so that batch statistics are meaningful; in a small last
  /// batch, the last shards have none.
  public func part(of images: Int) -> Range<Int> {
    let parts = min(count, max(1, images / 2))
    return index < parts ? images * index / parts..<images * (index + 1) / parts : images..<images
  }
}

/// The sequence of parts that a loader provides: some shards of some batches.
struct BatchParts: Sendable {
  let first: Int
  /// Number of batches of the whole pass.
  let end: Int
  /// Difference between the indices of batches.
  let step: Int
  /// Shards of every batch.
  let shards: [BatchShard]

  /// The part at the given position; nil after the last.
  subscript(position: Int) -> (batch: Int, shard: BatchShard)? {
    guard !shards.isEmpty else { return nil }
    let batch = first + position / shards.count * step
    return batch < end ? (batch, shards[position % shards.count]) : nil
  }
}
