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

  /// The reports of several such paths together.
  ///
  /// - Throws: `file: path: message`, also if an experiment appears twice.
  public init(paths: [String]) throws(ReportError) {
    var reports: [Report] = []
    for path in paths {
      for report in try ReportSet(path: path).reports { try reports.append(report, from: path) }
    }
    self.init(path: paths.joined(separator: " "), reports: reports, isSingle: reports.count == 1)
  }

  /// Every readable report below a folder, even with equal experiment names, and why others cannot
  /// be read.
  ///
  /// - Throws: `file: path: message` if there is none.
  public static func readable(
    _ path: String
  ) throws(ReportError) -> (set: ReportSet, problems: [ReportError]) {
    var reports: [Report] = []
    var problems: [ReportError] = []
    for file in files(in: path) {
      do throws(ReportError) { reports.append(try read(file)) } catch { problems.append(error) }
    }
    guard !reports.isEmpty else {
      return (try ReportSet(path: path), [])
    }
    return (ReportSet(path: path, reports: reports, isSingle: false), problems)
  }

  /// - Throws: `file: path: message`.
  public init(path: String) throws(ReportError) {
    self.path = path
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw ReportError(path: path, message: "no such file or folder; expected results of espalier run")
    }
    guard isFolder.boolValue else {
      (reports, isSingle) = ([try Self.read(path)], true)
      return
    }
    let folder = path.hasSuffix("/") ? String(path.dropLast()) : path
    let file = "\(folder)/report.json"
    guard !FileManager.default.fileExists(atPath: file) else {
      (reports, isSingle) = ([try Self.read(file)], true)
      return
    }
    var found: [Report] = []
    for file in Self.files(in: path) { try found.append(try Self.read(file), from: file) }
    guard !found.isEmpty else {
      throw ReportError(
        path: path, message: "no report.json in it or in a folder in it; expected results of espalier run")
    }
    (reports, isSingle) = (found.sorted { $0.experiment < $1.experiment }, false)
  }

  /// The reports of the experiments whose folders are in this one.
  private static func files(in folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.sorted().filter { !$0.hasPrefix(".") }.map {
      "\((folder as NSString).appendingPathComponent($0))/report.json"
    }.filter { FileManager.default.fileExists(atPath: $0) }
  }

  /// Adds the experiment from the file next to it if the report does not contain it.
  private static func read(_ file: String) throws(ReportError) -> Report {
    var report = try naming(file) { () throws(ReportError) in try Report(json: try text(file)) }
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
    let real = URL(fileURLWithPath: file).resolvingSymlinksInPath().path
    let attributes = (try? FileManager.default.attributesOfItem(atPath: real)) ?? [:]
    guard attributes[.type] as? FileAttributeType == .typeRegular else {
      throw ReportError(path: "", message: "not a regular file")
    }
    guard let size = attributes[.size] as? Int, size <= maximumBytes else {
      throw ReportError(path: "", message: "larger than 256 MiB")
    }
    guard let data = FileManager.default.contents(atPath: real) else {
      throw ReportError(path: "", message: "cannot be read")
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw ReportError(path: "", message: "not UTF-8")
    }
    return text
  }
}

extension [Report] {
  /// - Throws: if there is a report of this experiment already.
  fileprivate mutating func append(_ report: Report, from path: String) throws(ReportError) {
    guard !contains(where: { $0.experiment == report.experiment }) else {
      throw ReportError(
        path: path, message: "experiment: \(quoted(report.experiment)) is already in another folder")
    }
    append(report)
  }
}
