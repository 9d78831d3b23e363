import Foundation
import Testing

/// scripts/background.sh on a folder whose program is the one under test.
@Suite("The script that runs experiments in the background", .serialized)
struct BackgroundScriptTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
    "espalier-\(UUID().uuidString)")

  /// Runs the script, as a user would in the repository.
  private func script(
    _ action: String, environment: [String: String] = [:]
  ) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = Command.repository.appendingPathComponent("scripts/background.sh")
    process.arguments = [action]
    process.environment = ProcessInfo.processInfo.environment
      .merging(["ESPALIER_BACKGROUND": folder.path]) { $1 }
      .merging(environment) { $1 }
    let output = folder.appendingPathComponent("script-\(UUID().uuidString).txt")
    try Data().write(to: output)
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = process.standardOutput
    try process.run()
    defer { if process.isRunning { process.terminate() } }
    try wait { !process.isRunning }
    return (process.terminationStatus, String(decoding: try Data(contentsOf: output), as: UTF8.self))
  }

  private func isThere(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
  }

  /// Epochs that the runs have reported.
  private func epochs() -> Int {
    let text = try? String(contentsOf: folder.appendingPathComponent("progress.jsonl"), encoding: .utf8)
    return (text ?? "").components(separatedBy: "epoch_ended").count - 1
  }

  private func wait(until isTrue: () -> Bool) throws {
    let end = ContinuousClock.now + .seconds(600)
    while !isTrue() {
      try #require(ContinuousClock.now < end)
      Thread.sleep(forTimeInterval: 0.05)
    }
  }

  @Test("runs the queue in order, pauses, stops and continues, and says how far it is")
  func queue() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer {
      _ = try? script("stop")
      try? FileManager.default.removeItem(at: folder)
    }
    #expect(try script("continue").status == 2)
    try FileManager.default.createSymbolicLink(
      at: folder.appendingPathComponent("espalier"), withDestinationURL: Command.program)
    let trial = CommandTests.trial
    try Data(trial.replacing("epochs: 2", with: "epochs: 100").utf8).write(
      to: folder.appendingPathComponent("long.yaml"))
    try Data(trial.utf8).write(to: folder.appendingPathComponent("trial.yaml"))
    let queue = "# What comes first.\nlong.yaml --set name=long\n\ntrial.yaml --set seeds=[3]\n"
    try Data(queue.utf8).write(to: folder.appendingPathComponent("queue.txt"))

    #expect(try script("continue").status == 0)
    try wait { epochs() > 0 }
    #expect(try script("pause").output == "background: paused\n")
    let before = epochs()
    let status = try script("status").output
    #expect(epochs() == before)
    #expect(status.contains("background: paused"))
    #expect(status.contains("long        0     baseline"))
    #expect(status.contains("trial       3     pruned    0/2") && status.contains("not begun"))
    #expect(try script("continue").status == 0)
    try wait { epochs() > before }
    #expect(try script("stop").output == "background: stopped\n")
    #expect(!isThere("results/long/report.json"))
    #expect(try script("pause").status == 2)
    #expect(try script("continue").status == 0)
    try wait { isThere("results/trial/report.json") }
    #expect(isThere("results/long/report.json"))
    #expect(try script("stop").status == 0)
    #expect(try script("status").output.contains("done"))
    #expect(try script("nonsense").status == 2)
  }

  @Test("a queue that does not start is an error, which the script does not wait for")
  func failedStart() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createSymbolicLink(
      at: folder.appendingPathComponent("espalier"), withDestinationURL: Command.program)
    let ionice = folder.appendingPathComponent("ionice")
    try Data("#!/bin/sh\necho ionice: not permitted >&2\nexit 1\n".utf8).write(to: ionice)
    chmod(ionice.path, 0o755)
    let path = "\(folder.path):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
    let (status, output) = try script("start", environment: ["PATH": path])
    #expect(status == 2 && output.contains("background: the queue did not start"), "\(output)")
    let progress = folder.appendingPathComponent("progress.jsonl")
    #expect(try String(contentsOf: progress, encoding: .utf8).contains("ionice: not permitted"))
  }
}
