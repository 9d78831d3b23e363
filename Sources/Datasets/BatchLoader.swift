import Compute
import Foundation
import Specification
import Synchronization

/// Provides the batches of a plan, which a background thread prefetches.
///
///     let loader = BatchLoader(set: data.train, order: order, batchSize: 128, augment: augment, normalize: normalize,
///       seed: 0, epoch: 3)
///     while let batch = try loader.next() { … }
///
/// The batches do not depend on timing. The thread ends after the last batch, or soon after the
/// loader is released. If the system starts no thread, each batch is prepared on request.
public final class BatchLoader: Sendable {
  /// Number of batches of the whole pass, including those before `startBatch`.
  public let batchCount: Int
  let queue: BatchQueue
  private let plan: BatchPlan
  private let parts: BatchParts
  /// The position of the next part if there is no thread; nil if there is one.
  private let upcoming: Mutex<Int?>

  /// Largest number of waiting batches, in addition to the one in preparation; only one if it is
  /// large.
  static let ahead = 3
  static let bytesAhead = 1 << 28

  /// See `BatchPlan` for the parameters.
  ///
  /// - Parameters:
  ///   - startBatch: index of the first batch, to resume in the middle of a pass
  ///   - step: difference between the indices of batches; other processes have those between
  ///   - shards: shards of every batch, each of which is a separate batch
  public convenience init(
    set: ImageSet, order: [Int], batchSize: Int, augment: AugmentSpec?, normalize: NormalizeSpec,
    seed: UInt64, epoch: Int, startBatch: Int = 0, step: Int = 1, shards: [BatchShard] = [.whole]
  ) {
    let plan = BatchPlan(
      set: set, order: order, batchSize: batchSize, augment: augment, normalize: normalize, seed: seed,
      epoch: epoch)
    self.init(
      plan, parts: BatchParts(first: max(0, startBatch), end: plan.batchCount, step: step, shards: shards))
  }

  /// - Parameter stackSize: bytes, of the thread.
  init(_ plan: BatchPlan, parts: BatchParts, stackSize: Int = 8 << 20) {
    let shards = max(1, parts.shards.first?.count ?? 1)
    let bytes = plan.batchSize * plan.set.imageSize * MemoryLayout<Float>.size / shards
    let ahead = Self.ahead * max(1, parts.shards.count)
    let queue = BatchQueue(capacity: max(1, min(ahead, Self.bytesAhead / max(1, bytes))))
    self.queue = queue
    self.plan = plan
    self.parts = parts
    batchCount = plan.batchCount
    // The thread refers to the queue, not the loader, so that the loader can be released and stop
    // it.
    let thread = StartedThread(stackSize: stackSize) {
      do throws(DatasetError) {
        for index in 0... {
          guard let part = parts[index], queue.put(try plan.batch(part.batch, shard: part.shard)) else {
            break
          }
        }
        queue.finish()
      } catch {
        queue.finish(error)
      }
    }
    upcoming = Mutex(thread == nil ? 0 : nil)
  }

  deinit { queue.stop() }

  /// Waits for the next batch; nil after the last.
  ///
  /// - Throws: the error of `BatchPlan.batch`, after the batches before it.
  public func next() throws(DatasetError) -> ImageBatch? {
    let index = upcoming.withLock { upcoming -> Int? in
      defer { upcoming = upcoming.map { $0 + 1 } }
      return upcoming
    }
    guard let index else { return try queue.take() }
    guard let part = parts[index] else { return nil }
    return try plan.batch(part.batch, shard: part.shard)
  }

  /// 0..<count in the random order of an epoch.
  public static func shuffledOrder(count: Int, seed: UInt64, epoch: Int) -> [Int] {
    var random = RandomStream(seed: seed, purpose: .shuffle, epoch: epoch)
    return random.permutation(count)
  }
}
