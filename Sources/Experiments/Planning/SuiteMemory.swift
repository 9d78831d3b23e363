import Compute
import MessagePassing
import Specification

/// Whether the experiments of a run fit into the memory available now: their trainings, several at
/// a time with jobs, and the latencies measured afterwards.
struct SuiteMemory {
  private let jobs: Int
  private let threads: Int
  private let group: ProcessGroup
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
    (self.jobs, self.threads, self.group, self.available) = (jobs, threads, group, available)
    let processes = Self.processes(group)
    needs = trainings.compactMap { MemoryCheck.training($0, threads: threads, processes: processes) }
      .sorted(by: >)
  }

  /// Why an experiment does not fit; nil if it does, or if that is unknown.
  ///
  /// - Parameter trains: whether it has a training to do.
  func problem(of spec: ExperimentSpec, trains: Bool) -> String? {
    MemoryCheck(
      spec, available: available, threads: threads, beside: trains ? beside(spec) : nil,
      processes: Self.processes(group), here: group.here ?? 1
    )?.problem
  }

  /// The most that the trainings beside one of this experiment can need. Experiments that need more
  /// than it have a check of their own.
  private func beside(_ spec: ExperimentSpec) -> [Double] {
    guard jobs > 1,
      let own = MemoryCheck.training(spec, threads: threads, processes: Self.processes(group))
    else { return [] }
    return Array(needs.drop { $0 > own }.dropFirst().prefix(jobs - 1))
  }

  /// Processes that divide a training's memory: one, as if it did everything, where the launcher
  /// does not say how many this machine has.
  private static func processes(_ group: ProcessGroup) -> Int { group.here == nil ? 1 : group.count }
}
