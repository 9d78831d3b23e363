import Foundation
import Reports
import TensorFiles

/// Reports on disk, and the location of a page about them.
public struct ReportFolder {
  public let reports: ReportSet
  /// Why others in the folders cannot be read.
  public let problems: [ReportError]
  /// Nil if there are several paths.
  private let folder: String?

  /// Reads every report that can be read.
  ///
  /// - Parameter paths: each a folder with a report.json, such a file, or a folder of such folders.
  /// - Throws: `ReportError` if a path has none, or if an experiment appears twice.
  public init(_ paths: [String]) throws(ReportError) {
    (reports, problems) = try ReportSet.readable(paths: paths)
    guard paths.count == 1, let path = paths.first else {
      folder = nil
      return
    }
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    let parent = (path as NSString).deletingLastPathComponent
    folder = isFolder.boolValue ? path : parent.isEmpty ? "." : parent
  }

  private var page: ReportPage {
    if reports.isSingle, let report = reports.reports.first { return ReportPage(report) }
    let title = folder.map { URL(fileURLWithPath: $0).standardizedFileURL.lastPathComponent }
    return ReportPage(suite: title ?? "Experiments", reports.reports)
  }

  /// Writes the page and its plots to the folder, or only the page to another path.
  ///
  /// - Returns: the page's path.
  /// - Throws: ``RunError`` if a file cannot be written, `ReportError` if there is no single
  ///   folder.
  public func write(to output: String?) throws -> String {
    do {
      if let output {
        try DurableFile.writeOutput(Array(page.html().utf8), to: output)
        return output
      }
      if let folder { return try page.write(into: folder) }
    } catch {
      throw RunError.storage("\(error)")
    }
    throw ReportError(path: "", message: "several paths: --output has to say where the page goes")
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
    try DurableFile.write(Array(linking(toFilesIn: folder).html().utf8), to: path)
    return path
  }
}
