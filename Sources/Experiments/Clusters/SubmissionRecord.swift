import Foundation
import Reports
import TensorFiles

/// Record of the last submission of a suite, in a file next to its scripts.
public struct SubmissionRecord: Codable, Equatable, Sendable {
  struct Array: Codable, Equatable, Sendable {
    var job: String
    /// The task at index 0 of the array.
    var offset: Int
  }

  var arrays: [Array]
  /// The job that writes the reports.
  var report: String

  private static let name = "submission.json"

  func write(to folder: String) throws(Slurm.Failure) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      try DurableFile.write(Swift.Array(encoder.encode(self)), to: "\(folder)/\(Self.name)")
    } catch {
      throw Slurm.Failure(description: "\(error)")
    }
  }

  /// The ids of all jobs.
  var jobs: [String] { arrays.map(\.job) + [report] }

  /// The ids, one per line, for scripts.
  public var text: String {
    (arrays.map { "training \($0.job)" } + ["report \(report)"]).joined(separator: "\n")
  }
}

extension SubmissionRecord {
  /// The record in the folder of a suite; nil if the suite was not submitted.
  ///
  /// - Throws: `RunError.storage` if there is a record that cannot be read.
  public static func read(in folder: String) throws(RunError) -> SubmissionRecord? {
    let path = "\(folder)/\(name)"
    if isAbsent(path) { return nil }
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)),
      let record = try? JSONDecoder().decode(SubmissionRecord.self, from: data)
    else { throw .storage("\(path): cannot be read; delete it when no jobs of the suite are left") }
    return record
  }
}
