import Foundation
import TestSupport
import Testing

/// scripts/background.sh on a folder whose program is the one under test.
@Suite("The script that runs experiments in the background", .serialized)
struct BackgroundScriptTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Runs the script, as a user would in the repository.
  private func script(
    _ action: String, in repository: URL = Command.repository, environment: [String: String] = [:]
  ) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = repository.appendingPathComponent("scripts/background.sh")
    process.arguments = [action]
    process.environment = ProcessInfo.processInfo.environment
      .merging(["ESPALIER_BACKGROUND": folder.path]) { $1 }
      .merging(environment) { $1 }
    let output = folder.url.appendingPathComponent("script-\(UUID().uuidString).txt")
    try Data().write(to: output)
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = process.standardOutput
    try process.run()
    defer { if process.isRunning { process.terminate() } }
    try wait { !process.isRunning }
    return (process.terminationStatus, String(decoding: try Data(contentsOf: output), as: UTF8.self))
  }

  /// Epochs that the runs have reported.
  private func epochs() -> Int {
    let text = try? folder.text("progress.jsonl")
    return (text ?? "").components(separatedBy: "epoch_ended").count - 1
  }

  @Test("runs the queue in order, pauses, stops and continues, and says how far it is")
  func queue() throws {
    defer { _ = try? script("stop") }
    #expect(try script("continue").status == 2)
    try FileManager.default.createSymbolicLink(
      at: folder.url.appendingPathComponent("espalier"), withDestinationURL: Command.program)
    let trial = CommandTests.trial
    try folder.write(trial.replacing("epochs: 2", with: "epochs: 100").utf8, to: "long.yaml")
    try folder.write(trial.utf8, to: "trial.yaml")
    let queue = "# What comes first.\n \t# Longer.\nlong.yaml --set name=long\n\ntrial.yaml --set seeds=[3]\n"
    try folder.write(queue.utf8, to: "queue.txt")

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
    #expect(!folder.has("results/long/report.json"))
    #expect(try script("pause").status == 2)
    #expect(try script("continue").status == 0)
    try wait { folder.has("results/trial/report.json") }
    #expect(folder.has("results/long/report.json"))
    #expect(try script("stop").status == 0)
    #expect(try script("status").output.contains("done"))
    #expect(try script("nonsense").status == 2)
  }

  @Test("without the program that finds the queue's processes the script says where it is")
  func missingPrograms() throws {
    let machine = #"command() { [ "$2" != pgrep ] && builtin command "$@"; }"#
    try folder.write(machine.utf8, to: "machine.sh")
    let (status, output) = try script("status", environment: ["BASH_ENV": folder.path + "/machine.sh"])
    #expect(status == 2)
    #expect(output == "background: pgrep is missing; it is in Debian's package procps\n")
  }

  @Test("a link to data of a repository that has moved is replaced")
  func movedRepository() throws {
    defer { _ = try? script("stop") }
    let original = try String(
      contentsOf: Command.repository.appendingPathComponent("scripts/background.sh"), encoding: .utf8)
    try folder.write(original.utf8, to: "moved/scripts/background.sh")
    chmod(folder.path + "/moved/scripts/background.sh", 0o755)
    try folder.write("here\n".utf8, to: "moved/data/place")
    for (link, target) in [("data", "/nowhere/data"), ("espalier", Command.program.path)] {
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder.path)/\(link)", withDestinationPath: target)
    }
    try folder.write(Data(), to: "queue.txt")
    let moved = folder.url.appendingPathComponent("moved")
    let (status, output) = try script("continue", in: moved, environment: ["ESPALIER_DATA": ""])
    #expect(status == 0, "\(output)")
    #expect(try folder.text("data/place") == "here\n")
  }

  @Test("a queue that does not start is an error, which the script does not wait for")
  func failedStart() throws {
    try FileManager.default.createSymbolicLink(
      at: folder.url.appendingPathComponent("espalier"), withDestinationURL: Command.program)
    try folder.write(script: "echo ionice: not permitted >&2\nexit 1", to: "ionice")
    let path = "\(folder.path):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
    let (status, output) = try script("start", environment: ["PATH": path])
    #expect(status == 2 && output.contains("background: the queue did not start"), "\(output)")
    #expect(try folder.text("progress.jsonl").contains("ionice: not permitted"))
  }
}
