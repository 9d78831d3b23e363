import Specification
import TensorFiles

/// A suite as Slurm jobs: arrays that train, and a job after them that writes the reports.
public struct SlurmSubmission: Sendable {
  public let script: SlurmScript
  let arrays: [SlurmArray]

  /// Slurm's default, if it does not report its limit.
  private static let maximumArraySize = 1001

  /// - Parameters:
  ///   - tasks: the tasks that have something to train.
  ///   - limit: largest number of tasks that run at the same time.
  public init(_ script: SlurmScript, tasks: [Int], limit: Int?) {
    self.script = script
    let size = Slurm().maximumArraySize() ?? Self.maximumArraySize
    arrays = SlurmArray.arrays(of: tasks, maximumSize: max(1, size), limit: limit)
  }

  private var trainingScript: String { "\(script.folder)/train.sh" }
  private var reportingScript: String { "\(script.folder)/report.sh" }

  /// Arguments of sbatch, except `--parsable`.
  private func arguments(_ array: SlurmArray) -> [String] {
    ["--array=\(array.text)", trainingScript] + (array.offset > 0 ? ["\(array.offset)"] : [])
  }

  private func arguments(after jobs: [String]) -> [String] {
    (jobs.isEmpty ? [] : ["--dependency=afterany:" + jobs.joined(separator: ":")]) + [reportingScript]
  }

  /// The scripts and the commands that submit them.
  public func text() -> String {
    let names = arrays.indices.map { arrays.count == 1 ? "TRAINING" : "TRAINING\($0 + 1)" }
    let commands = (arrays.map(arguments) + [arguments(after: names)]).map { arguments in
      "sbatch --parsable " + arguments.map(shellQuoted).joined(separator: " ")
    }
    return """
      # \(visible(trainingScript))
      \(script.training)
      # \(visible(reportingScript))
      \(script.reporting)
      \(commands.joined(separator: "\n"))
      """
  }

  /// Writes the scripts and submits them; if one is rejected, earlier ones are cancelled.
  ///
  /// - Throws: `RunError.storage` also while jobs of an earlier submission are left, which would
  ///   hold the locks of these, and if Slurm does not say whether some are.
  public func submit() throws(RunError) -> SubmissionRecord {
    let slurm = Slurm()
    try checkEarlier(slurm)
    try stored {
      try DurableFile.makeFolder(script.folder)
      try DurableFile.write(Array(script.training.utf8), to: trainingScript)
      try DurableFile.write(Array(script.reporting.utf8), to: reportingScript)
    }
    var jobs: [String] = []
    do throws(Slurm.Failure) {
      for array in arrays { jobs.append(try slurm.submit(arguments(array))) }
      let training = jobs
      let report = try slurm.submit(arguments(after: training))
      jobs.append(report)
      let record = SubmissionRecord(
        arrays: zip(training, arrays).map { .init(job: $0, offset: $1.offset) }, report: report)
      try record.write(to: script.folder)
      return record
    } catch {
      let areCancelled = jobs.isEmpty || (try? slurm.cancel(jobs)) != nil
      // No record names them.
      let advice = areCancelled ? "" : "; cancel the jobs before it: scancel " + jobs.joined(separator: " ")
      throw .storage("\(error)\(advice)")
    }
  }

  private func checkEarlier(_ slurm: Slurm) throws(RunError) {
    guard let earlier = try SubmissionRecord.read(in: script.folder) else { return }
    let left: [String]
    do throws(Slurm.Failure) {
      left = try Set(slurm.queue(earlier.jobs).map(\.job)).sorted()
    } catch {
      throw .storage("an earlier submission of this suite may still be queued or running; \(error)")
    }
    guard left.isEmpty else {
      throw .storage(
        "an earlier submission of this suite is still queued or running; wait for it, or cancel it: scancel "
          + left.joined(separator: " "))
    }
  }
}
