import Foundation
import Specification

/// The runs of all reports under a folder, one per row, for `espalier list`.
public struct RunList: Sendable {
  private let rows: [RunRow]

  /// - Parameter metric: the column to sort by, best first; nil keeps the order of experiments and
  ///   runs.
  public init(_ reports: ReportSet, sortedBy metric: Metric? = nil) {
    let sameName = Dictionary(grouping: reports.reports, by: \.experiment)
    let rows = reports.reports.flatMap { report in
      let isRepeated = (sameName[report.experiment]?.count ?? 0) > 1
      return report.runs.map { RunRow(report, $0, showsFolder: isRepeated) }
    }
    guard let metric else {
      self.rows = rows
      return
    }
    // Rows without the metric come last; the sort is stable.
    self.rows = rows.enumerated().sorted { first, second in
      let (a, b) = (metric.badness(first.element), metric.badness(second.element))
      return a != b ? a < b : first.offset < second.offset
    }.map(\.element)
  }

  /// A metric by which runs can be sorted.
  public enum Metric: String, CaseIterable, Sendable {
    case top1, top5
    case testLoss = "test_loss"
    case parameters, macs, channels
    case trainSeconds = "train_seconds"

    /// Ascending from the best.
    fileprivate func badness(_ row: RunRow) -> Double {
      let value: Double? =
        switch self {
        case .top1: -row.top1
        case .top5: row.top5.map { -$0 }
        case .testLoss: row.testLoss
        case .parameters: Double(row.parameters)
        case .macs: Double(row.macs)
        case .channels: Double(row.channels)
        case .trainSeconds: row.trainSeconds
        }
      guard let value, !value.isNaN else { return .infinity }
      return value
    }
  }

  // MARK: Forms

  /// - Parameter columns: characters per line; a wider table omits columns.
  public func text(columns: Int = 80) -> String {
    let table = TextTable(
      [RunColumn.all.map(\.title)] + rows.map { row in RunColumn.all.map { $0.text(row) } },
      expendable: ["top-5, %", "channels", "training, s", "test loss", "parameters"],
      leftAligned: ["variant"])
    return (table.lines(columns: columns) + ["", counted(rows.count, "run")]).joined(separator: "\n")
  }

  public func markdown() -> String {
    let rule = RunColumn.all.map { $0.isText ? "---" : "---:" }
    let cells = rows.map { row in RunColumn.all.map { markdownEscaped($0.text(row)) } }
    return ([RunColumn.all.map(\.title), rule] + cells).map { "| " + $0.joined(separator: " | ") + " |" }
      .joined(separator: "\n")
  }

  public func csv() -> String {
    let columns = RunColumn.all + [RunColumn.status]
    return csvTable(columns.map(\.name), rows.map { row in columns.map { $0.value(row) } })
  }

  public func json() -> String { jsonText(rows, pretty: true) }
}

/// A column of the list, for people and for programs.
private struct RunColumn: Sendable {
  let title: String
  /// The name in CSV and JSON.
  let name: String
  let text: @Sendable (RunRow) -> String
  let value: @Sendable (RunRow) -> String
  var isText = false

  static let all = [
    RunColumn("experiment", text: { $0.label }, value: { $0.experiment }), RunColumn("seed") { "\($0.seed)" },
    RunColumn("variant", isText: true) { $0.variant },
    RunColumn("top-1, %", "top1", places: 2) { $0.top1 },
    RunColumn("top-5, %", "top5", places: 2) { $0.top5 },
    RunColumn("test loss", "test_loss", places: 4) { $0.testLoss },
    RunColumn("parameters", "parameters") { $0.parameters }, RunColumn("MACs", "macs") { $0.macs },
    RunColumn("channels") { "\($0.channels)" },
    RunColumn("training, s", "train_seconds", places: 1) { $0.trainSeconds },
  ]

  /// Only for programs; in tables, it is part of the experiment's label.
  static let status = RunColumn("status", isText: true) { $0.status }

  /// A column of text that is the same for both.
  private init(_ name: String, isText: Bool = false, _ value: @escaping @Sendable (RunRow) -> String) {
    (title, self.name, text, self.value, self.isText) = (name, name, value, value, isText)
  }

  /// A column of text with additional text for people.
  private init(
    _ name: String, text: @escaping @Sendable (RunRow) -> String,
    value: @escaping @Sendable (RunRow) -> String
  ) {
    (title, self.name, self.text, self.value, isText) = (name, name, text, value, true)
  }

  /// A column of numbers that may be missing, with the given number of decimals for people.
  private init(
    _ title: String, _ name: String, places: Int, _ number: @escaping @Sendable (RunRow) -> Double?
  ) {
    (self.title, self.name) = (title, name)
    text = { number($0).map { decimal($0, places) } ?? "–" }
    value = { number($0).flatMap { $0.isFinite ? "\($0)" : nil } ?? "" }
  }

  /// A column of sizes, in thousands or millions for people.
  private init(_ title: String, _ name: String, _ size: @escaping @Sendable (RunRow) -> Int) {
    (self.title, self.name) = (title, name)
    text = { magnitude(size($0)) }
    value = { "\(size($0))" }
  }
}

/// One run of an experiment.
private struct RunRow: Encodable, Sendable {
  var experiment: String
  var seed: UInt64
  var variant: String
  var top1: Double
  var top5: Double?
  var testLoss: Double?
  var parameters: Int
  var macs: Int
  var channels: Int
  /// Seconds of all epochs and pruning steps; nil if times are missing.
  var trainSeconds: Double?
  /// `complete`, or the status of a later run that has not replaced the report.
  var status: String
  /// Label for people: the experiment, the status if it is not complete, and the folder if another
  /// has an experiment of this name.
  private(set) var label: String

  private enum CodingKeys: String, CodingKey {
    case experiment, seed, variant, top1, top5, testLoss, parameters, macs, channels, trainSeconds, status
  }

  init(_ report: Report, _ run: RunReport, showsFolder: Bool) {
    (experiment, label, status) = (report.experiment, report.label, report.status.rawValue)
    (seed, variant, top1, top5, testLoss) = (run.seed, run.variant, run.top1, run.top5, run.testLoss)
    (parameters, macs, channels) = (run.parameters, run.macs, run.channels)
    trainSeconds = report.trainingCost(of: run).seconds
    if showsFolder, let file = report.file {
      label += " in \(URL(filePath: file).deletingLastPathComponent().lastPathComponent)"
    }
  }
}
