import Foundation

/// A text of the repository that is generated, whole or in part; `ESPALIER_UPDATE_DOCUMENTS=1`
/// writes it anew.
public struct GeneratedText {
  private let path: String

  /// - Parameter path: in the repository.
  public init(_ path: String) { self.path = path }

  /// The text of the file; `new` has been written to it where documents are updated.
  public func current(updatedTo new: String) throws -> String {
    if ProcessInfo.processInfo.environment["ESPALIER_UPDATE_DOCUMENTS"] == "1" {
      try new.write(to: Repository.url.appendingPathComponent(path), atomically: true, encoding: .utf8)
    }
    return try Repository.text(path)
  }

  /// The part between two marks; `new` has been written there where documents are updated.
  public func part(between begin: String, and end: String, updatedTo new: String) throws -> String {
    let marks = MissingMarks(path: path, begin: begin, end: end)
    let text = try Repository.text(path)
    let updated = try current(updatedTo: text.replacingCharacters(in: marks.range(in: text), with: new))
    return String(updated[try marks.range(in: updated)])
  }
}

/// The marks of a generated part, thrown where a text lacks them.
private struct MissingMarks: Error {
  let path: String
  let begin: String
  let end: String

  /// What is between them.
  func range(in text: String) throws -> Range<String.Index> {
    guard let start = text.range(of: begin)?.upperBound, let stop = text.range(of: end)?.lowerBound,
      start <= stop
    else { throw self }
    return start..<stop
  }
}
