import Foundation

/// Identity of a process among all machines that share a folder.
struct ProcessIdentity: Equatable, Sendable {
  var host: String
  /// Boot id, which changes when the host restarts and distinguishes hosts with the same name;
  /// empty if the system does not say.
  var boot: String
  var process: Int32
  /// The job in Slurm or Kubernetes, such as `Slurm job 17_3`; nil outside of both.
  var job: String?

  static var current: ProcessIdentity {
    ProcessIdentity(
      host: hostName(), boot: bootIdentity(), process: ProcessInfo.processInfo.processIdentifier,
      job: clusterJob(ProcessInfo.processInfo.environment))
  }

  /// Whether both run under the same kernel, and so see the same locks.
  func isOnSameHost(as other: ProcessIdentity) -> Bool { host == other.host && boot == other.boot }

  /// The job of a process with this environment.
  ///
  /// Slurm sets its variables itself (sbatch(1), OUTPUT ENVIRONMENT VARIABLES). Kubernetes sets
  /// `JOB_COMPLETION_INDEX`; the manifest of `submit` sets `ESPALIER_JOB` to the job's name.
  static func clusterJob(_ environment: [String: String]) -> String? {
    if let array = environment["SLURM_ARRAY_JOB_ID"], let task = environment["SLURM_ARRAY_TASK_ID"] {
      return "Slurm job \(array)_\(task)"
    }
    if let job = environment["SLURM_JOB_ID"] { return "Slurm job \(job)" }
    guard environment["KUBERNETES_SERVICE_HOST"] != nil, let job = environment["ESPALIER_JOB"] else {
      return nil
    }
    return "Kubernetes job \(job)" + (environment["JOB_COMPLETION_INDEX"].map { ", index \($0)" } ?? "")
  }

  private static func hostName() -> String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "" }
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  private static func bootIdentity() -> String {
    #if os(Linux)
      let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
      return text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
    #else
      var bytes = [UInt8](repeating: 0, count: 64)
      var count = bytes.count
      guard sysctlbyname("kern.bootsessionuuid", &bytes, &count, nil, 0) == 0 else { return "" }
      return String(decoding: bytes.prefix(count).prefix { $0 != 0 }, as: UTF8.self)
    #endif
  }
}
