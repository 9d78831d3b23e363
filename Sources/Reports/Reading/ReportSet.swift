import Files
import Foundation
import Specification

/// The reports of one file, of an experiment's folder, or of a folder of those.
public struct ReportSet: Sendable {
  /// The path as given.
  public let path: String
  /// In the order of the paths; those of a folder by name.
  public let reports: [Report]
  /// Whether the path is that of one experiment.
  public let isSingle: Bool

  /// Largest size of a report; a usual one has about 100 kB.
  static let maximumBytes = 256 << 20

  init(path: String, reports: [Report], isSingle: Bool) {
    self.path = path
    self.reports = reports
    self.isSingle = isSingle
  }

  /// - Throws: `file: path: message`, also if a report in a folder cannot be read, or if an
  ///   experiment appears twice.
  public init(path: String) throws(ReportError) {
    let (set, problems) = try Self.readable(paths: [path])
    if let problem = problems.first { throw problem }
    self = set
  }

  /// The readable reports of several such paths together, and why others in folders cannot be read.
  ///
  /// - Parameter unique: whether an experiment may appear only once.
  /// - Throws: `file: path: message` if a path has none, or if an experiment appears twice although
  ///   it may not.
  public static func readable(
    paths: [String], unique: Bool = true
  ) throws(ReportError) -> (set: ReportSet, problems: [ReportError]) {
    var reports: [Report] = []
    var problems: [ReportError] = []
    var isSingle = paths.count == 1
    for path in paths {
      let found = try Self.found(at: path)
      for (file, report) in found.reports {
        if unique, let other = reports.first(where: { $0.experiment == report.experiment })?.file {
          throw ReportError(
            path: file,
            message: "experiment: \(quoted(report.experiment)) is also in \(other); "
              + "leave out one of the two, or move it elsewhere")
        }
        reports.append(report)
      }
      problems += found.problems
      isSingle = isSingle && found.isSingle
    }
    let path = paths.joined(separator: " ")
    return (ReportSet(path: path, reports: reports, isSingle: isSingle), problems)
  }

  /// Reports with their files, sorted by experiment, and why others cannot be read.
  private struct Found {
    var reports: [(file: String, report: Report)] = []
    var isSingle = false
    var problems: [ReportError] = []
  }

  private static func found(at path: String) throws(ReportError) -> Found {
    guard !isAbsent(path) else {
      throw ReportError(path: path, message: "no such file or folder; expected results of espalier run")
    }
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    let own = isFolder.boolValue ? report(in: path) : path
    guard isAbsent(own) else { return Found(reports: [(own, try read(own))], isSingle: true) }
    let folders = try folders(in: path)
    var found = Found()
    for file in folders.map(report(in:)) where !isAbsent(file) {
      do throws(ReportError) { found.reports.append((file, try read(file))) } catch {
        found.problems.append(error)
      }
    }
    guard !found.reports.isEmpty else { throw found.problems.first ?? nothing(in: path, folders) }
    found.reports.sort { ($0.report.experiment, $0.file) < ($1.report.experiment, $1.file) }
    return found
  }

  private static func report(in folder: String) -> String {
    (folder as NSString).appendingPathComponent("report.json")
  }

  /// What may be the folders of experiments in this one.
  private static func folders(in folder: String) throws(ReportError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        .filter(mayBeResults).map { (folder as NSString).appendingPathComponent($0) }
    } catch {
      throw ReportError(path: folder, message: "cannot be read")
    }
  }

  /// Why there is no report in a folder and the folders in it.
  private static func nothing(in path: String, _ folders: [String]) -> ReportError {
    // A run writes the list of its trainings when it begins.
    let begun = ([path] + folders).first { !isAbsent("\($0)/.state/stages.json") }
    guard let begun else {
      return ReportError(
        path: path, message: "no report.json in it or in a folder in it; expected results of espalier run")
    }
    let name = quoted(URL(fileURLWithPath: begun).lastPathComponent)
    return ReportError(
      path: path, message: "\(name) is not finished; `espalier plan FILE` shows how far it is")
  }

  /// Adds the experiment from the file next to it if the report does not contain it.
  private static func read(_ file: String) throws(ReportError) -> Report {
    var report = try naming(file) { () throws(ReportError) in try Report(json: try text(file)) }
    report.file = file
    report.deployment = try DeploymentReport.measured(beside: file)
    guard report.spec == nil else { return report }
    let beside = Self.beside(file, "experiment.yaml")
    guard FileManager.default.fileExists(atPath: beside) else { return report }
    let yaml = try naming(beside) { () throws(ReportError) in try text(beside) }
    do {
      report.spec = try yamlDocument(yaml, file: beside).canonical
    } catch {
      throw ReportError(path: "", message: error.diagnostics.first?.description ?? "")
    }
    return report
  }

  /// Reads a file; errors about its contents get its path.
  static func naming<Value>(
    _ file: String, _ read: () throws(ReportError) -> Value
  ) throws(ReportError) -> Value {
    do { return try read() } catch { throw ReportError(path: file, message: error.description) }
  }

  static func beside(_ file: String, _ name: String) -> String {
    URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent(name).relativePath
  }

  static func text(_ file: String) throws(ReportError) -> String {
    let bytes: [UInt8]
    do throws(RegularFile.Failure) {
      bytes = try RegularFile.read(file, largest: maximumBytes)
    } catch .tooLarge {
      throw ReportError(path: "", message: "larger than \(maximumBytes >> 20) MiB")
    } catch {
      throw ReportError(path: "", message: "cannot be read: \(error.reason)")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ReportError(path: "", message: "not UTF-8")
    }
    return text
  }
}

/// Whether a folder in a results folder may be an experiment's: it is not hidden, and not
/// `lost+found`, which is at the top of a disk and which root alone may search.
package func mayBeResults(_ name: String) -> Bool { !name.hasPrefix(".") && name != "lost+found" }

/// Whether there is nothing at a path. Where that is not known, as in a folder that may not be
/// searched, there may be something.
package func isAbsent(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) != 0 && meansAbsence(errno)
}
