import Foundation
import Specification

extension Report {
  /// The whole report with sorted keys, numbers in the shortest form that reads back exactly, and
  /// null for numbers that are not finite.
  public func json() -> String {
    jsonText(self, pretty: true) + "\n"
  }

  /// Everything except `timing` and `environment`: the same bytes for the same results.
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
