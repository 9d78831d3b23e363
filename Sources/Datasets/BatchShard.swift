/// A part of every batch: the one of an index among a fixed number of neighbouring ones.
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

  /// Positions within a batch of the given number of images: parts as even as can be.
  ///
  /// Each has at least two images, whose statistics say something; of a small last batch the shards
  /// behind have none.
  public func part(of images: Int) -> Range<Int> {
    let parts = min(count, max(1, images / 2))
    return index < parts ? images * index / parts..<images * (index + 1) / parts : images..<images
  }
}

/// What a loader hands out, one after the other: some shards of some batches.
struct BatchParts: Sendable {
  let first: Int
  /// Number of batches of the whole pass.
  let end: Int
  /// From one batch to the next.
  let step: Int
  /// Of every batch.
  let shards: [BatchShard]

  /// The part of the given position; nil after the last.
  subscript(position: Int) -> (batch: Int, shard: BatchShard)? {
    guard !shards.isEmpty else { return nil }
    let batch = first + position / shards.count * step
    return batch < end ? (batch, shards[position % shards.count]) : nil
  }
}
