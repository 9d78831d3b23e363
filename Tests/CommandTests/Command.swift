import Foundation
import TestSupport
import Testing

/// The built program, run as a user would, in a folder of its own.
struct Command {
  /// The repository's root.
  static let repository = Repository.url

  /// Beside the test bundle.
  static let program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    .appendingPathComponent("espalier")

  /// Whether programs can be run `asNobody`: the superuser can give up the rights, and others can
  /// read the program and the libraries that it loads.
  static let runsAsNobody = (try? run(["version"], shell: ":", asNobody: true))?.status == 0

  struct Result {
    var status: Int32
    var output: String
    var errors: String

    /// What was said on standard error besides progress and warnings.
    var errorLines: [Substring] { said.filter { !$0.hasPrefix("espalier: warning: ") } }
    var warnings: [Substring] { said.filter { $0.hasPrefix("espalier: warning: ") } }

    private var said: [Substring] { errors.split(separator: "\n").filter { $0.hasPrefix("espalier: ") } }
  }

  /// - Parameters:
  ///   - files: contents by path, relative to the folder that the program runs in.
  ///   - shell: what a shell does before it becomes the program.
  ///   - asNobody: without the rights of the superuser, which some limits do not hold for.
  static func run(
    _ arguments: [String], files: [String: Data] = [:], environment: [String: String] = [:],
    shell: String? = nil, asNobody: Bool = false
  ) throws -> Result {
    let folder = try TemporaryFolder(files)
    if asNobody { chmod(folder.path, 0o777) }
    var result = try run(
      arguments, in: folder.url, environment: environment, shell: shell, asNobody: asNobody)
    // Whoever looks at messages looks at the same ones every time.
    result.errors = result.errors.replacingOccurrences(of: folder.path, with: "/home/you")
    return result
  }

  /// Output goes through files, so that no pipe can fill up.
  static func run(
    _ arguments: [String], in folder: URL, environment: [String: String] = [:], shell: String? = nil,
    asNobody: Bool = false
  ) throws -> Result {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    if let shell {
      let user =
        asNobody && geteuid() == 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = user + ["sh", "-c", "\(shell); exec \"$0\" \"$@\"", program.path] + arguments
    }
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (output, errors) = (try handle("output"), try handle("errors"))
    process.standardOutput = output.handle
    process.standardError = errors.handle
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    defer {
      try? FileManager.default.removeItem(at: output.url)
      try? FileManager.default.removeItem(at: errors.url)
    }
    return Result(
      status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
      output: String(decoding: try Data(contentsOf: output.url), as: UTF8.self),
      errors: String(decoding: try Data(contentsOf: errors.url), as: UTF8.self))
  }

  private static func handle(_ name: String) throws -> (url: URL, handle: FileHandle) {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "espalier-\(UUID().uuidString).\(name)")
    try Data().write(to: url)
    return (url, try FileHandle(forWritingTo: url))
  }
}
