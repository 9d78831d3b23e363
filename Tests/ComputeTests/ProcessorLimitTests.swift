import Foundation
import TestSupport
import Testing

@testable import Compute

@Suite("The number of processors")
struct ProcessorLimitTests {
  @Test(
    "is the least of the machine's, the affinity's and the quota's, rounded down, and at least one",
    arguments: [
      (8, nil, nil, 8, ProcessorLimit.Reason.machine), (8, 8, 9, 8, .machine), (8, 3, nil, 3, .affinity),
      (8, 3, 3, 3, .affinity), (8, 3, 2.5, 2, .quota(2.5)), (8, nil, 0.5, 1, .quota(0.5)),
      (8, 0, nil, 1, .affinity),
    ] as [(Int, Int?, Double?, Int, ProcessorLimit.Reason)])
  func least(machine: Int, affinity: Int?, quota: Double?, count: Int, reason: ProcessorLimit.Reason) {
    let limit = ProcessorLimit(machine: machine, affinity: affinity, quota: quota)
    #expect(limit.count == count)
    #expect(limit.reason == reason)
  }

  @Test("says why it is not the machine's")
  func explanation() {
    func text(_ affinity: Int?, _ quota: Double?) -> String? {
      ProcessorLimit(machine: 8, affinity: affinity, quota: quota).explanation
    }
    #expect(text(8, nil) == nil)
    #expect(text(3, nil) == "the process may run on 3 of the machine's processors (taskset, cpuset)")
    #expect(text(nil, 2.5) == "the control group gets the time of 2.5 processors (cpu.max)")
    #expect(
      ProcessorLimit(machine: 384, affinity: nil, quota: nil).explanation == "an engine has at most 256")
  }

  @Test("here is at least one and at most the machine's")
  func current() {
    #expect((1...ProcessInfo.processInfo.activeProcessorCount).contains(ProcessorLimit.current.count))
  }

  /// What is read from files in a folder that stands for the root.
  private func limits<Value>(_ files: [String: String], _ read: (LinuxLimits) -> Value) throws -> Value {
    let root = try TemporaryFolder(texts: files)
    return read(LinuxLimits(root: root.path))
  }

  private func quota(_ groups: String, _ files: [String: String]) throws -> Double? {
    try limits(files.merging(["proc/self/cgroup": groups]) { $1 }, \.quota)
  }

  @Test(
    "is bounded by the processors that the process may run on",
    arguments: [("0-1", 2), ("0", 1), ("0-3,8,10-11", 7), ("", nil), ("x", nil), ("3-1", nil)]
      as [(String, Int?)])
  func affinity(list: String, count: Int?) throws {
    let status = "Name:\tespalier\nCpus_allowed:\t3\nCpus_allowed_list:\t\(list)\nMems_allowed:\t1\n"
    #expect(try limits(["proc/self/status": status]) { $0.affinity(of: "self") } == count)
    #expect(try limits(["proc/7/status": status]) { $0.affinity(of: "7") } == count)
    #expect(try limits([:]) { $0.affinity(of: "self") } == nil)
  }

  @Test(
    "is shared by processes that are started together, as far as they are not bound to fewer processors",
    arguments: [
      // Alone, of any parent.
      (16, 16, 1, 16), (16, 2, 1, 16), (384, 384, 1, 384),
      // Not bound, on a whole machine or a part of it.
      (16, 16, 4, 4), (16, 16, 32, 1), (384, 384, 2, 192),
      // Bound to separate processors, or two to each half.
      (4, 16, 4, 4), (1, 16, 4, 1), (8, 16, 4, 4), (8, 16, 2, 8),
    ])
  func share(own: Int, launcher: Int, processes: Int, share: Int) {
    func limit(_ count: Int) -> ProcessorLimit { ProcessorLimit(machine: 384, affinity: count, quota: nil) }
    #expect(limit(own).share(processes: processes, launcher: limit(launcher)) == share)
  }

  @Test("gives a process at least one thread by default, and at most one for each processor")
  func defaultThreads() {
    let most = ProcessorLimit.current.count
    #expect((1...most).contains(ProcessorLimit.current.defaultThreads))
    #expect(ProcessorLimit(machine: 384, affinity: nil, quota: nil).defaultThreads == 256)
    #expect((1...most).contains(ProcessorLimit.share(processes: 1000)))
  }

  @Test("is bounded by the quota of the control group, and of those that it is in")
  func quotas() throws {
    let mount = "sys/fs/cgroup/"
    #expect(try quota("0::/a/b\n", [:]) == nil)
    #expect(try quota("0::/a/b\n", [mount + "a/b/cpu.max": "max 100000\n"]) == nil)
    #expect(try quota("0::/a/b\n", [mount + "a/b/cpu.max": "150000 100000\n"]) == 1.5)
    #expect(
      try quota(
        "0::/a/b\n", [mount + "a/b/cpu.max": "max 100000\n", mount + "a/cpu.max": "300000 100000\n"]) == 3)
    // In a container the path is the host's.
    #expect(try quota("0::/docker/1f\n", [mount + "cpu.max": "50000 100000\n"]) == 0.5)
    #expect(try quota("1:cpu:/\n0::/\n", [mount + "unified/cpu.max": "200000 100000"]) == 2)
    let old = [mount + "cpu/c/cpu.cfs_quota_us": "400000\n", mount + "cpu/c/cpu.cfs_period_us": "100000\n"]
    #expect(try quota("4:memory:/c\n3:cpu,cpuacct:/c\n", old) == 4)
    #expect(
      try quota(
        "3:cpu:/\n", [mount + "cpu/cpu.cfs_quota_us": "-1\n", mount + "cpu/cpu.cfs_period_us": "100000\n"])
        == nil)
    // Not an empty file: Foundation leaks what it reads one into.
    for damaged in ["\n", "x y", "1", "100 0", "nan 100000"] {
      #expect(try quota("0::/\n", [mount + "cpu.max": damaged]) == nil)
    }
  }
}
