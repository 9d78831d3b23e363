import Foundation
import Reports

/// Progress of a suite on a cluster, from the stage cache and Slurm's queue.
public struct SubmissionStatus: Sendable {
  private let tasks: SuiteTasks
  private let record: SubmissionRecord?
  private let queue: [Slurm.QueuedTask]
  /// Why Slurm's part is missing; nil if it is not.
  public let warning: String?

  public init(_ tasks: SuiteTasks, record: SubmissionRecord?) {
    self.tasks = tasks
    self.record = record
    guard let record else {
      (queue, warning) = ([], nil)
      return
    }
    do throws(Slurm.Failure) {
      queue = try Slurm().queue(record.jobs)
      warning = nil
    } catch {
      (queue, warning) = ([], "\(error)")
    }
  }

  public func text() -> String {
    let rows = tasks.open.map { task in
      let epochs = tasks.epochs(task)
      return [
        "\(task + 1)/\(tasks.count)", "\(epochs.done)/\(epochs.all)", state(task),
        tasks.trainings[task].map(\.summary).joined(separator: "; "),
      ]
    }
    var lines =
      rows.isEmpty ? [] : TextTable([["shard", "epochs", "Slurm", "training"]] + rows).lines() + [""]
    lines.append(
      "\(tasks.count - tasks.open.count) of \(tasks.count) shards trained"
        + (reporting.map { "; reports: \($0)" } ?? ""))
    return lines.joined(separator: "\n")
  }

  /// The job and state of a task, or `-` if Slurm has none.
  private func state(_ task: Int) -> String {
    for array in record?.arrays ?? [] {
      if let found = queue.first(where: { $0.job == array.job && $0.index == task - array.offset }) {
        return "\(found.job)_\(task - array.offset) \(found.state)"
      }
    }
    return "-"
  }

  private var reporting: String? {
    guard let record else { return nil }
    guard let found = queue.first(where: { $0.job == record.report }) else { return nil }
    return "\(found.job) \(found.state)"
  }
}
