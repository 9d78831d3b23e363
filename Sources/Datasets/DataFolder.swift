import Files
import Foundation
import Specification

/// A folder that may contain the files of a data set.
struct DataFolder: Equatable {
  let path: String

  /// The first of the names that exists here as a file, compressed or not, possibly in a folder of
  /// the same name, as some sites pack them.
  func file(_ names: [String]) -> String? {
    paths(names).first { FileStatus($0)?.isFile == true }
  }

  /// Whether there may be such a file, since something in its place cannot be examined.
  func mayHave(_ names: [String]) -> Bool {
    paths(names).contains { FileStatus($0) == nil && !meansAbsence(errno) }
  }

  private func paths(_ names: [String]) -> [String] {
    names.flatMap { [$0, "\($0).gz", "\($0)/\($0)", "\($0)/\($0).gz"] }.map { "\(path)/\($0)" }
  }

  /// Opens the first of the names that is a file here.
  ///
  /// - Parameters:
  ///   - layout: the expected contents of the folder, for errors.
  ///   - source: where to get the files, for errors.
  ///   - others: see ``missing(_:_:layout:source:others:)``.
  func open(
    _ names: [String], layout: String, source: String, others: [String] = []
  ) throws(DatasetError) -> DataFile {
    guard let file = file(names) else {
      throw missing(
        names, "there is no \(names[0]), compressed or not", layout: layout, source: source, others: others)
    }
    return try DataFile(path: file, source: source)
  }

  /// The error for something missing, with what was found instead.
  ///
  /// - Parameters:
  ///   - names: names of files that would be read.
  ///   - others: names of folders and archives that would be read, too; also looked for next to a
  ///     missing folder, for errors.
  func missing(
    _ names: [String], _ problem: String, layout: String, source: String, others: [String] = []
  ) -> DatasetError {
    guard let status = FileStatus(path) else {
      let absence = Absence(of: path).problem
      let parent = URL(fileURLWithPath: path).deletingLastPathComponent().relativePath
      let other = others.map { "\(parent)/\($0)" }.first { FileStatus($0) != nil }
      let hint = other.map { "; did you mean \(quoted($0, limit: 1000))?" } ?? ""
      return .folder(path, absence + hint, layout: layout, source: source)
    }
    guard status.isFolder else {
      return .folder(path, notAFolder(path), layout: layout, source: source)
    }
    do throws(DatasetError) {
      let entries = try FolderEntry.all(in: path)
      let wanted = (names + others).flatMap { [$0, "\($0).gz"] }
      for entry in entries where wanted.contains(entry.name) {
        guard let reason = entry.problem(in: path) else { continue }
        return .folder("\(path)/\(entry.name)", reason, layout: layout, source: source)
      }
      return .folder(path, "\(problem); \(entries.found(in: path))", layout: layout, source: source)
    } catch {
      return error
    }
  }
}
