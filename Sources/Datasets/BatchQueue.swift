import Foundation

/// A bounded queue between the thread that prepares batches and the one that uses them.
///
/// Unchecked because the compiler cannot see that `condition` guards the variables: each is touched
/// only while it is locked.
final class BatchQueue: @unchecked Sendable {
  private let capacity: Int
  private let condition = NSCondition()
  private var waiting: [ImageBatch] = []
  private var isStopped = false
  private var isFinished = false
  private var failure: DatasetError?

  init(capacity: Int) { self.capacity = capacity }

  /// Adds a batch when there is room; false when no one wants it any more.
  func put(_ batch: ImageBatch) -> Bool {
    condition.withLock {
      while waiting.count >= capacity, !isStopped { condition.wait() }
      if isStopped { return false }
      waiting.append(batch)
      condition.broadcast()
      return true
    }
  }

  /// The oldest batch, when there is one; nil when there will be none.
  ///
  /// - Throws: after the last batch, what the putting side ended with.
  func take() throws(DatasetError) -> ImageBatch? {
    let result: Result<ImageBatch?, DatasetError> = condition.withLock {
      while waiting.isEmpty, !isFinished, !isStopped { condition.wait() }
      guard !waiting.isEmpty else { return failure.map { .failure($0) } ?? .success(nil) }
      condition.broadcast()
      return .success(waiting.removeFirst())
    }
    return try result.get()
  }

  /// Tells the taking side that no more batches come, and why if that is an error.
  func finish(_ error: DatasetError? = nil) {
    condition.withLock {
      failure = error
      isFinished = true
      condition.broadcast()
    }
  }

  /// Tells the putting side that no more batches are wanted.
  func stop() {
    condition.withLock {
      isStopped = true
      waiting = []
      condition.broadcast()
    }
  }

  /// Returns when the putting side has ended.
  func waitUntilFinished() {
    condition.withLock {
      while !isFinished { condition.wait() }
    }
  }

  /// Number of batches that wait.
  var count: Int { condition.withLock { waiting.count } }
}
