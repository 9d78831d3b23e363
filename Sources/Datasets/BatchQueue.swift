import Foundation

/// A bounded queue between the thread that prepares batches and the one that uses them.
///
/// Unchecked because the compiler cannot see that `condition` guards the variables: each is
/// accessed only while it is locked.
final class BatchQueue: @unchecked Sendable {
  private let capacity: Int
  private let condition = NSCondition()
  private var waiting: [ImageBatch] = []
  private var isStopped = false
  private var isFinished = false
  private var failure: DatasetError?

  init(capacity: Int) { self.capacity = capacity }

  /// Adds a batch when there is room; returns false if the consumer has stopped.
  func put(_ batch: ImageBatch) -> Bool {
    condition.withLock {
      while waiting.count >= capacity, !isStopped { condition.wait() }
      if isStopped { return false }
      waiting.append(batch)
      condition.broadcast()
      return true
    }
  }

  /// Waits for the oldest batch; nil if there will be none.
  ///
  /// - Throws: after the last batch, the error of the producer.
  func take() throws(DatasetError) -> ImageBatch? {
    let result: Result<ImageBatch?, DatasetError> = condition.withLock {
      while waiting.isEmpty, !isFinished, !isStopped { condition.wait() }
      guard !waiting.isEmpty else { return failure.map { .failure($0) } ?? .success(nil) }
      condition.broadcast()
      return .success(waiting.removeFirst())
    }
    return try result.get()
  }

  /// Tells the consumer that there are no more batches, possibly because of an error.
  func finish(_ error: DatasetError? = nil) {
    condition.withLock {
      failure = error
      isFinished = true
      condition.broadcast()
    }
  }

  /// Tells the producer to stop.
  func stop() {
    condition.withLock {
      isStopped = true
      waiting = []
      condition.broadcast()
    }
  }

  /// Waits until the producer has ended.
  func waitUntilFinished() {
    condition.withLock {
      while !isFinished { condition.wait() }
    }
  }

  /// Number of waiting batches.
  var count: Int { condition.withLock { waiting.count } }
}
