import Foundation

/// How much more memory this process can have, and what allows it no more.
public struct AvailableMemory: Equatable, Sendable {
  /// Bytes.
  public var bytes: Int
  public var limit: Limit

  /// What a process may run into; the text says so after "available".
  public enum Limit: String, Equatable, Sendable {
    /// `RLIMIT_AS`, of everything that is mapped.
    case addressSpace = "within the limit of the shell (ulimit -v)"
    /// `RLIMIT_DATA`.
    case data = "within the limit of the shell (ulimit -d)"
    /// Of a container, a batch system or systemd.
    case controlGroup = "within the limit of the container or job (memory.max of its control group)"
    /// What the machine has free or can free at once.
    case machine = "on this machine"
  }

  /// The smallest of the limits that can be read; nil where there is none.
  public static func current() -> AvailableMemory? {
    let source = Source(
      text: { try? String(contentsOfFile: $0, encoding: .utf8) }, addressSpace: softLimit(RLIMIT_AS),
      data: softLimit(RLIMIT_DATA))
    return source.limits.min { $0.bytes < $1.bytes }
  }

  #if canImport(Darwin)
    private typealias Resource = Int32
  #else
    private typealias Resource = __rlimit_resource
  #endif

  /// Nil where there is no limit.
  private static func softLimit(_ resource: Resource) -> Int? {
    var limit = rlimit()
    #if canImport(Darwin)
      let code = getrlimit(resource, &limit)
    #else
      let code = getrlimit(__rlimit_resource_t(resource.rawValue), &limit)
    #endif
    guard code == 0 else { return nil }
    // Infinity is more than any number of bytes.
    return Int(exactly: limit.rlim_cur)
  }

  /// Where the limits are read from.
  struct Source {
    /// Of a file in `/proc` or `/sys`; nil where there is none.
    var text: (String) -> String?
    /// Bytes that the process may have; nil for any number.
    var addressSpace: Int?
    var data: Int?

    var limits: [AvailableMemory] {
      let status = text("/proc/self/status")
      func remaining(_ limit: Int?, _ used: String) -> Int? {
        limit.flatMap { limit in kibibytes(used, in: status).map { max(0, limit - $0) } }
      }
      let found: [(Limit, Int?)] = [
        (.addressSpace, remaining(addressSpace, "VmSize")), (.data, remaining(data, "VmData")),
        (.controlGroup, ControlGroup.all(text("/proc/self/cgroup") ?? "").compactMap { left($0) }.min()),
        (.machine, kibibytes("MemAvailable", in: text("/proc/meminfo"))),
      ]
      return found.compactMap { limit, bytes in bytes.map { AvailableMemory(bytes: $0, limit: limit) } }
    }

    /// The line `VmSize:   123 kB` in bytes.
    private func kibibytes(_ name: String, in text: String?) -> Int? {
      let line = text?.split(separator: "\n").first { $0.hasPrefix(name + ":") }
      let words = line?.split(whereSeparator: \.isWhitespace) ?? []
      return words.count > 1 ? Int(words[1]).map { $0 * 1024 } : nil
    }

    /// What a group leaves; nil where it has no limit. Inactive pages of files count as used there,
    /// but make room.
    ///
    /// Version 1 writes nearly the largest integer for no limit. The files are read one after the
    /// other, so that more can be inactive than was used: limit - used + inactive would overflow.
    private func left(_ group: ControlGroup) -> Int? {
      guard group.isUnified || group.controllers.contains("memory") else { return nil }
      let folder = (group.isUnified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory") + group.path
      func number(_ name: String) -> Int? {
        text("\(folder)/\(name)").flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
      }
      guard let limit = number(group.isUnified ? "memory.max" : "memory.limit_in_bytes"),
        let used = number(group.isUnified ? "memory.current" : "memory.usage_in_bytes")
      else { return nil }
      let inactive = (text("\(folder)/memory.stat") ?? "").split(separator: "\n")
        .first { $0.hasPrefix(group.isUnified ? "inactive_file " : "total_inactive_file ") }
        .flatMap { $0.split(separator: " ").last.flatMap { Int($0) } }
      return max(0, limit - max(0, used - (inactive ?? 0)))
    }
  }
}
