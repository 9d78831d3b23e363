import Foundation
import Reports
import TensorFiles

/// Results on disk: of one experiment, or a folder of several.
public struct ReportFolder {
  private let path: String
  private let page: ReportPage

  /// Reads every report.
  ///
  /// - Parameter path: a folder with a report.json, such a file, or a folder of such folders.
  /// - Throws: `ReportFolderError`, naming the file.
  public init(_ path: String) throws(ReportFolderError) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw ReportFolderError(path: path, reason: "no such file or folder; expected results of espalier run")
    }
    guard isFolder.boolValue else {
      self.path = (path as NSString).deletingLastPathComponent
      page = ReportPage(try Self.report(path))
      return
    }
    self.path = path
    if FileManager.default.fileExists(atPath: path + "/report.json") {
      page = ReportPage(try Self.report(path + "/report.json"))
      return
    }
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    let files = names.map { "\(path)/\($0)/report.json" }.filter(FileManager.default.fileExists(atPath:))
    var reports: [Report] = []
    for file in files { reports.append(try Self.report(file)) }
    guard !reports.isEmpty else {
      throw ReportFolderError(
        path: path, reason: "no report.json in it or in a folder in it; expected results of espalier run")
    }
    let title = URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent
    page = ReportPage(suite: title, reports)
  }

  private static func report(_ path: String) throws(ReportFolderError) -> Report {
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw ReportFolderError(path: path, reason: "cannot be read as UTF-8 text")
    }
    do { return try Report(json: text) } catch { throw ReportFolderError(path: path, reason: "\(error)") }
  }

  /// Writes the page and its plots into the folder, or the page alone to another place.
  ///
  /// - Returns: the page's path.
  public func write(to output: String?) throws(ReportFolderError) -> String {
    do {
      guard let output else { return try page.write(into: path.isEmpty ? "." : path) }
      try DurableFile.write(Array(page.html().utf8), to: output)
      return output
    } catch {
      throw ReportFolderError(path: nil, reason: "\(error)")
    }
  }
}

extension ReportPage {
  /// Writes `report.html` and `plots/*.svg`.
  ///
  /// - Returns: the page's path.
  @discardableResult
  func write(into folder: String) throws(TensorFileError) -> String {
    let plots = (folder as NSString).appendingPathComponent("plots")
    try DurableFile.makeFolder(plots)
    for plot in plotFiles() { try DurableFile.write(Array(plot.svg.utf8), to: "\(plots)/\(plot.name)") }
    let path = (folder as NSString).appendingPathComponent("report.html")
    try DurableFile.write(Array(html().utf8), to: path)
    return path
  }
}

/// Why results cannot be read or shown.
public struct ReportFolderError: Error, CustomStringConvertible {
  /// Nil where the reason names it.
  public var path: String?
  public var reason: String

  public var description: String { (path.map { "\($0): " } ?? "") + reason }
}
