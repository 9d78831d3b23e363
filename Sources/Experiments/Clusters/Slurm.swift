import Compute
import Foundation
import Synchronization

/// Slurm's commands.
struct Slurm {
  /// Where they are looked for, as PATH has it; nil for where PATH says.
  var searchPath: String?

  /// What one of them said when it failed, or that there is none.
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// Submits a script.
  ///
  /// - Parameter arguments: options of sbatch, the script and its arguments.
  /// - Returns: the job's id.
  func submit(_ arguments: [String]) throws(Failure) -> String {
    let output = try call("sbatch", ["--parsable"] + arguments)
    // In a federation the cluster's name follows.
    let id = output.split(whereSeparator: { $0 == ";" || $0.isWhitespace }).first.map(String.init) ?? ""
    guard !id.isEmpty, id.allSatisfy(\.isNumber) else {
      throw Failure(description: "sbatch: expected the id of a job, found `\(output)`")
    }
    return id
  }

  func cancel(_ jobs: [String]) throws(Failure) {
    _ = try call("scancel", jobs)
  }

  /// Indices of an array are below this; nil where Slurm does not say.
  func maximumArraySize() -> Int? {
    guard let text = try? call("scontrol", ["show", "config"]) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix("MaxArraySize") }
    return line?.split(separator: "=").last.flatMap { Int($0.trimmingCharacters(in: .whitespaces)) }
  }

  /// A task, or a job that is no array, that Slurm has not ended.
  struct QueuedTask: Equatable {
    var job: String
    /// Nil for a job that is no array.
    var index: Int?
    var state: String
  }

  /// Those of some jobs that wait or run. Jobs that Slurm has forgotten are none.
  func queue(_ jobs: [String]) throws(Failure) -> [QueuedTask] {
    let mine = Set(jobs)
    // Asked for an id that it has forgotten, squeue fails; so it is asked for all of the user's
    // jobs.
    return try call("squeue", ["--me", "--noheader", "--array", "--format=%F %K %T"]).split(separator: "\n")
      .compactMap { line in
        let words = line.split(separator: " ").map(String.init)
        guard words.count == 3, mine.contains(words[0]) else { return nil }
        return QueuedTask(job: words[0], index: Int(words[1]), state: words[2])
      }
  }

  private func call(_ command: String, _ arguments: [String]) throws(Failure) -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = (searchPath.map { ["PATH=\($0)"] } ?? []) + [command] + arguments
    let (output, errors) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, errors)
    process.standardInput = FileHandle.nullDevice
    do { try process.run() } catch { throw Failure(description: "\(command): cannot be started: \(error)") }
    // Both are read at once: a command that writes more to one than its pipe holds waits for a
    // reader.
    let complaint = Mutex("")
    @Sendable func readErrors() {
      let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      complaint.withLock { $0 = text }
    }
    let reader = StartedThread(stackSize: 1 << 20) { readErrors() }
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    if let reader { reader.join() } else { readErrors() }
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      let reason = complaint.withLock { $0 }.split(separator: "\n").joined(separator: "; ")
      throw Failure(
        description: process.terminationStatus == 127
          ? "\(command): not found; expected Slurm's commands on this machine (or --dry-run)"
          : "\(command): \(reason.isEmpty ? "status \(process.terminationStatus)" : reason)")
    }
    return text
  }
}
