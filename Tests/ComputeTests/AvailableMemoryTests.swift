import Testing

@testable import Compute

@Suite("Available memory")
struct AvailableMemoryTests {
  /// What is read where these files have these texts.
  private func limits(
    _ files: [String: String], addressSpace: Int? = nil, data: Int? = nil
  ) -> [AvailableMemory.Limit: Int] {
    let source = AvailableMemory.Source(text: { files[$0] }, addressSpace: addressSpace, data: data)
    return Dictionary(uniqueKeysWithValues: source.limits.map { ($0.limit, $0.bytes) })
  }

  @Test("is what the shell's limits leave beyond what the process has")
  func shell() {
    let status = ["/proc/self/status": "Name:\tespalier\nVmSize:\t    3 kB\nVmData:\t    2 kB\n"]
    #expect(limits(status, addressSpace: 10240, data: 1024) == [.addressSpace: 7168, .data: 0])
    #expect(limits(status).isEmpty)
    #expect(limits([:], addressSpace: 10240).isEmpty)
  }

  @Test("is what the machine can free")
  func machine() {
    #expect(limits(["/proc/meminfo": "MemTotal: 9 kB\nMemAvailable:   5 kB\n"]) == [.machine: 5120])
  }

  @Test("is the least that the control group, and those that it is in, leave")
  func unified() {
    let files = [
      "/proc/self/cgroup": "0::/a/b\n",
      "/sys/fs/cgroup/a/b/memory.max": "max\n", "/sys/fs/cgroup/a/b/memory.current": "300\n",
      "/sys/fs/cgroup/a/memory.max": "1000\n", "/sys/fs/cgroup/a/memory.current": "400\n",
      "/sys/fs/cgroup/a/memory.stat": "anon 250\ninactive_file 100\n",
    ]
    #expect(limits(files) == [.controlGroup: 700])
  }

  @Test("has no sum that overflows where version 1 has no limit")
  func unlimited() {
    let folder = "/sys/fs/cgroup/memory"
    let files = [
      "/proc/self/cgroup": "4:memory:/\n", "\(folder)/memory.limit_in_bytes": "9223372036854771712\n",
      "\(folder)/memory.usage_in_bytes": "0\n", "\(folder)/memory.stat": "total_inactive_file 8192\n",
    ]
    #expect(limits(files) == [.controlGroup: 9_223_372_036_854_771_712])
  }
}
