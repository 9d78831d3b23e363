import Specification

/// What each task of a submission is given.
public struct TaskResources: Equatable, Sendable {
  public var threads: Int
  public var memory: MemorySize
  public var time: TimeLimit

  public init(threads: Int, memory: MemorySize, time: TimeLimit) {
    self.threads = threads
    self.memory = memory
    self.time = time
  }

  /// Twice the longest task's prediction and ten minutes: nodes are slower than predicted at times,
  /// and a task that meets its limit is only queued again.
  public static func time(predictedSeconds: Double) -> TimeLimit {
    TimeLimit(minutes: 10 + Int((2 * min(max(0, predictedSeconds), 1e9) / 60).rounded(.up)))
  }

  /// A quarter and 256 MiB more than predicted: a task that needs more is ended by the system.
  public static func memory(predictedMebibytes: Int) -> MemorySize {
    MemorySize(mebibytes: predictedMebibytes + predictedMebibytes / 4 + 256)
  }
}
