import Specification

/// The runs of all reports under a folder, a row each: what `espalier list` shows.
public struct RunList: Sendable {
  private let rows: [RunRow]

  /// - Parameter metric: the column to sort by, the best first; nil keeps experiments and runs in
  ///   their order.
  public init(_ reports: ReportSet, sortedBy metric: Metric? = nil) {
    let rows = reports.reports.flatMap { report in report.runs.map { RunRow(report, $0) } }
    guard let metric else {
      self.rows = rows
      return
    }
    // Rows without the number come last; the sort is stable.
    self.rows = rows.enumerated().sorted { first, second in
      let (a, b) = (metric.badness(first.element), metric.badness(second.element))
      return a != b ? a < b : first.offset < second.offset
    }.map(\.element)
  }

  /// A number that runs can be sorted by.
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

  /// - Parameter columns: characters of a line; a table that is wider loses columns.
  public func text(columns: Int = 80) -> String {
    let header = [
      "experiment", "seed", "variant", "top-1, %", "top-5, %", "test loss", "parameters", "MACs", "channels",
      "seconds",
    ]
    let table = TextTable(
      [header] + rows.map(\.cells),
      expendable: ["top-5, %", "channels", "seconds", "test loss", "parameters"], leftAligned: ["variant"])
    return (table.lines(columns: columns) + ["", counted(rows.count, "run")]).joined(separator: "\n")
  }

  public func markdown() -> String {
    let header = [
      "experiment", "seed", "variant", "top-1, %", "top-5, %", "test loss", "parameters", "MACs", "channels",
      "training, s",
    ]
    let rule = header.indices.map { [0, 2].contains($0) ? "---" : "---:" }
    let cells = rows.map { $0.cells.map(markdownEscaped) }
    return ([header, rule] + cells).map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
  }

  public func csv() -> String {
    csvTable(
      [
        "experiment", "seed", "variant", "top1", "top5", "test_loss", "parameters", "macs", "channels",
        "train_seconds",
      ],
      rows.map { row in
        func optional(_ value: Double?) -> String { value.map { $0.isFinite ? "\($0)" : "" } ?? "" }
        return [
          row.experiment, "\(row.seed)", row.variant, optional(row.top1), optional(row.top5),
          optional(row.testLoss), "\(row.parameters)", "\(row.macs)", "\(row.channels)",
          optional(row.trainSeconds),
        ]
      })
  }

  public func json() -> String { jsonText(rows, pretty: true) }
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
  /// Of all epochs and pruning steps; nil where times are missing.
  var trainSeconds: Double?

  init(_ report: Report, _ run: RunReport) {
    experiment = report.experiment
    (seed, variant, top1, top5, testLoss) = (run.seed, run.variant, run.top1, run.top5, run.testLoss)
    (parameters, macs, channels) = (run.parameters, run.macs, run.channels)
    trainSeconds = report.trainingCost(of: run).seconds
  }

  /// For people.
  var cells: [String] {
    [
      experiment, "\(seed)", variant, decimal(top1, 2), top5.map { decimal($0, 2) } ?? "–",
      testLoss.map { decimal($0, 4) } ?? "–", magnitude(parameters), magnitude(macs), "\(channels)",
      trainSeconds.map { decimal($0, 1) } ?? "–",
    ]
  }
}
