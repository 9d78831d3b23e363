import Foundation
import TestSupport

extension TemporaryFolder {
  /// Runs a shell's command here.
  ///
  /// - Parameter standIns: shell scripts by name, which come before the system's commands.
  func run(
    _ command: String, standIns: [String: String], environment: [String: String] = [:]
  ) throws -> Command.Result {
    for (name, script) in standIns { try write(script: script, to: "programs/\(name)") }
    let search = "\(path)/programs:\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
    return try Command.run(
      [], in: url, environment: environment.merging(["PATH": search]) { $1 }, shell: "exec \(command)")
  }
}
