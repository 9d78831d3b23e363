import Foundation

/// How many processors this process may keep busy, and what says so.
///
/// Containers and batch systems bound it by an affinity, or by a quota of the control group
/// (cgroups v1 and v2): more threads than that only wait for each other.
public struct ProcessorLimit: Equatable, Sendable {
  /// At least 1.
  public let count: Int
  public let reason: Reason

  public enum Reason: Equatable, Sendable {
    /// The machine has as many.
    case machine
    /// The process may run on some of the machine's processors only, as `taskset` sets it.
    case affinity
    /// The control group gets so much processor time, in processors.
    case quota(Double)
  }

  public static let current = ProcessorLimit(of: "self")

  /// That of a process on this machine, by its number, with the quota of this one.
  private init(of process: String) {
    let limits = LinuxLimits()
    self.init(
      machine: ProcessInfo.processInfo.activeProcessorCount, affinity: limits.affinity(of: process),
      quota: limits.quota)
  }

  /// The default number of threads of an engine that has this process's processors alone.
  public var defaultThreads: Int { min(Engine.maximumThreads, count) }

  /// The processors of each of the processes that a launcher has started together on this machine.
  public static func share(processes: Int) -> Int {
    current.share(processes: processes, launcher: ProcessorLimit(of: "\(getppid())"))
  }

  /// An even share of the launcher's processors, or those that this process is bound to if they are
  /// fewer.
  ///
  /// Processes that are not bound have the processors of their launcher, as in a container or a job
  /// that has a part of the machine. Several may be bound to the same ones, such as a socket.
  func share(processes: Int, launcher: ProcessorLimit) -> Int {
    min(count, max(1, max(count, launcher.count) / max(1, processes)))
  }

  /// Why the default number of threads is not the machine's number of processors; nil where it is.
  public var explanation: String? {
    switch reason {
    case .machine where count > Engine.maximumThreads: "an engine has at most \(Engine.maximumThreads)"
    case .machine: nil
    case .affinity: "the process may run on \(count) of the machine's processors (taskset, cpuset)"
    case .quota(let processors):
      "the control group gets the time of \(String(format: "%.4g", processors)) processors (cpu.max)"
    }
  }

  /// - Parameters:
  ///   - affinity: processors that the process may run on; nil where that is not known.
  ///   - quota: processors' worth of time; nil for no bound. Rounded down: threads beyond it would
  ///     be stopped in turns, while the others wait for them.
  init(machine: Int, affinity: Int?, quota: Double?) {
    let allowed = max(1, min(machine, affinity ?? machine))
    if let quota, quota < Double(allowed) {
      (count, reason) = (max(1, Int(quota)), .quota(quota))
    } else {
      (count, reason) = (allowed, allowed < machine ? .affinity : .machine)
    }
  }
}

/// What Linux says of the processors of processes (proc_pid_status(5) and
/// https://docs.kernel.org/admin-guide/cgroup-v2.html); nothing on other systems.
struct LinuxLimits {
  /// Where `/proc` and `/sys` are.
  var root = ""

  /// Number of processors that a process may run on; nil where that is not known.
  ///
  /// - Parameter process: its number, or `self`.
  func affinity(of process: String) -> Int? {
    let name = "Cpus_allowed_list:"
    let line = read("/proc/\(process)/status")?.split(separator: "\n").first { $0.hasPrefix(name) }
    // Numbers and ranges of them, such as 0-3,8.
    let ranges = line?.dropFirst(name.count).split(separator: ",").map { part in
      part.split(separator: "-").map { Int($0.trimmingCharacters(in: .whitespaces)) }
    }
    let counts = ranges?.map { ends -> Int? in
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last else { return nil }
      return last - first + 1
    }
    guard let counts, !counts.isEmpty, !counts.contains(nil) else { return nil }
    return counts.reduce(0) { $0 + ($1 ?? 0) }
  }

  /// Processors' worth of time that the control group, or one that it is in, may use; nil for no
  /// bound.
  var quota: Double? {
    ControlGroup.all(read("/proc/self/cgroup") ?? "").compactMap { group in
      if group.isUnified { return unifiedQuota(group.path) }
      return group.controllers.contains("cpu") ? cpuQuota(group.path) : nil
    }.min()
  }

  /// From `cpu.max`: microseconds, or `max`, in each period.
  private func unifiedQuota(_ group: String) -> Double? {
    for mount in ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] {
      guard let text = read("\(mount)\(group)/cpu.max") else { continue }
      let numbers = text.split(separator: " ").map { Double($0) }
      guard numbers.count == 2, let time = numbers[0], let period = numbers[1], time > 0, period > 0
      else { return nil }
      return time / period
    }
    return nil
  }

  private func cpuQuota(_ group: String) -> Double? {
    for mount in ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"] {
      guard let time = read("\(mount)\(group)/cpu.cfs_quota_us").flatMap(Double.init),
        let period = read("\(mount)\(group)/cpu.cfs_period_us").flatMap(Double.init), time > 0, period > 0
      else { continue }
      return time / period
    }
    return nil
  }

  private func read(_ path: String) -> String? {
    (try? String(contentsOfFile: root + path, encoding: .utf8))?.trimmingCharacters(
      in: .whitespacesAndNewlines)
  }
}
