import Foundation
import TestSupport

/// The program at work, so that it can be sent signals.
final class StartedCommand {
  let process = Process()
  private let errors: URL

  init(_ arguments: [String], in folder: URL) throws {
    errors = folder.appendingPathComponent("errors-\(UUID().uuidString)")
    try Data().write(to: errors)
    process.executableURL = Command.program
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
  }

  deinit { if process.isRunning { send(SIGKILL) } }

  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Waits until `condition` holds or the program has ended; whether the former.
  func waits(until condition: () -> Bool) throws -> Bool {
    var holds = false
    try wait {
      holds = condition()
      return holds || !process.isRunning
    }
    return holds || condition()
  }

  /// How it ended; the status is the negative signal where one did it.
  func end() throws -> Command.Result {
    try wait { !process.isRunning }
    let text = (try? String(contentsOf: errors, encoding: .utf8)) ?? ""
    try? FileManager.default.removeItem(at: errors)
    let status = process.terminationStatus
    return Command.Result(
      status: process.terminationReason == .exit ? status : -status, output: "", errors: text)
  }
}
