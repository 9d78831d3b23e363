import Specification

/// Resources of each task of a submission.
public struct TaskResources: Equatable, Sendable {
  public var threads: Int
  public var memory: MemorySize
  public var time: TimeLimit

  public init(threads: Int, memory: MemorySize, time: TimeLimit) {
    self.threads = threads
    self.memory = memory
    self.time = time
  }

  /// Twice the prediction for the longest task and ten minutes: nodes are sometimes slower than
  /// predicted, and a task that reaches its limit is requeued.
  public static func time(predictedSeconds: Double) -> TimeLimit {
    TimeLimit(minutes: 10 + Int((2 * min(max(0, predictedSeconds), 1e9) / 60).rounded(.up)))
  }

  /// 1.25 times the prediction and 256 MiB: the system kills a task that needs more.
  public static func memory(predictedMebibytes: Int) -> MemorySize {
    MemorySize(mebibytes: predictedMebibytes + predictedMebibytes / 4 + 256)
  }
}
