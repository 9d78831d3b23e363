import Foundation

/// Slurm's commands.
struct Slurm {
  /// Search path for the commands in the form of PATH; nil for PATH itself.
  var searchPath: String?

  /// The error message of a failed command, or that it was not found.
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// Submits a script.
  ///
  /// - Parameter arguments: options of sbatch, the script and its arguments.
  /// - Returns: the job's id.
  func submit(_ arguments: [String]) throws(Failure) -> String {
    let output = try call("sbatch", ["--parsable"] + arguments)
    // In a federation, the name of the cluster follows.
    let id = output.split(whereSeparator: { $0 == ";" || $0.isWhitespace }).first.map(String.init) ?? ""
    guard !id.isEmpty, id.allSatisfy(\.isNumber) else {
      throw Failure(description: "sbatch: expected the id of a job, found `\(output)`")
    }
    return id
  }

  func cancel(_ jobs: [String]) throws(Failure) {
    _ = try call("scancel", jobs)
  }

  /// Upper limit for indices of an array (exclusive); nil if Slurm does not say.
  func maximumArraySize() -> Int? {
    guard let text = try? call("scontrol", ["show", "config"]) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix("MaxArraySize") }
    return line?.split(separator: "=").last.flatMap { Int($0.trimmingCharacters(in: .whitespaces)) }
  }

  /// An unfinished task of an array, or an unfinished job without an array.
  struct QueuedTask: Equatable {
    var job: String
    /// Nil for a job without an array.
    var index: Int?
    var state: String
  }

  /// Waiting and running tasks of some jobs. Jobs that Slurm has forgotten have none.
  func queue(_ jobs: [String]) throws(Failure) -> [QueuedTask] {
    let mine = Set(jobs)
    // squeue fails for forgotten ids, so this lists all jobs of the user.
    return try call("squeue", ["--me", "--noheader", "--array", "--format=%F %K %T"]).split(separator: "\n")
      .compactMap { line in
        let words = line.split(separator: " ").map(String.init)
        guard words.count == 3, mine.contains(words[0]) else { return nil }
        return QueuedTask(job: words[0], index: Int(words[1]), state: words[2])
      }
  }

  private func call(_ command: String, _ arguments: [String]) throws(Failure) -> String {
    let path = searchPath.map { ["PATH=\($0)"] } ?? []
    guard let program = ProgramOutput(of: "/usr/bin/env", path + [command] + arguments) else {
      throw Failure(description: "\(command): cannot be started")
    }
    guard program.status == 0 else {
      let reason = program.errors.split(separator: "\n").joined(separator: "; ")
      throw Failure(
        description: program.status == 127
          ? "\(command): not found; expected Slurm's commands on this machine (or --dry-run)"
          : "\(command): \(reason.isEmpty ? "status \(program.status)" : reason)")
    }
    return program.output
  }
}
