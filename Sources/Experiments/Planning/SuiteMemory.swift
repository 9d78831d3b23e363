import Compute
import MessagePassing
import Specification

/// Whether the experiments of a run fit into the memory available now: their trainings, several at
/// a time with jobs, and the latencies measured afterwards.
struct SuiteMemory {
  private let jobs: Int
  private let threads: Int
  /// Processes that divide a training's memory: one, as if it did everything, where the launcher
  /// does not say how many this machine has.
  private let processes: Int
  /// Processes on this machine.
  private let here: Int
  private let available: AvailableMemory?
  /// Bytes of each training to do, the most first.
  private let needs: [Double]

  /// - Parameters:
  ///   - jobs: trainings that are done at the same time
  ///   - threads: of each
  ///   - group: processes that do each training together
  ///   - available: nil if it is unknown
  ///   - trainings: the experiment of each training to do
  init(
    jobs: Int, threads: Int, group: ProcessGroup, available: AvailableMemory?, trainings: [ExperimentSpec]
  ) {
    let (processes, here) = group.here.map { (group.count, $0) } ?? (1, 1)
    (self.jobs, self.threads, self.available) = (jobs, threads, available)
    (self.processes, self.here) = (processes, here)
    needs = trainings.compactMap { MemoryCheck.training($0, threads: threads, processes: processes) }
      .sorted(by: >)
  }

  /// Why an experiment does not fit; nil if it does, or if that is unknown.
  ///
  /// - Parameter trains: whether it has a training to do.
  func problem(of spec: ExperimentSpec, trains: Bool) -> String? {
    MemoryCheck(
      spec, available: available, threads: threads, beside: trains ? beside(spec) : nil,
      processes: processes, here: here
    )?.problem
  }

  /// The most that the trainings beside one of this experiment can need. Experiments that need more
  /// than it have a check of their own.
  private func beside(_ spec: ExperimentSpec) -> [Double] {
    guard jobs > 1, let own = MemoryCheck.training(spec, threads: threads, processes: processes) else {
      return []
    }
    return Array(needs.drop { $0 > own }.dropFirst().prefix(jobs - 1))
  }
}
