import Foundation
import Specification

extension Report {
  /// The whole report, keys sorted, numbers in the shortest form that reads back the same, those
  /// that are not finite as null.
  public func json() -> String {
    jsonText(self, pretty: true) + "\n"
  }

  /// All but `timing` and `environment`: the same bytes whenever the experiment gives the same
  /// results.
  public func deterministicJSON() -> String {
    let part = DeterministicPart(
      format: format, experiment: experiment, description: description, status: status, spec: spec,
      summary: summary, runs: runs)
    return jsonText(part, pretty: true) + "\n"
  }

  private struct DeterministicPart: Encodable {
    var format: Int
    var experiment: String
    var description: String
    var status: Status
    var spec: JSON?
    var summary: Summary
    var runs: [RunReport]
  }
}
