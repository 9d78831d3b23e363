import ArgumentParser
import Reports

struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists the runs in a results folder, one per row.")

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, csv, markdown, json }

  @Argument(
    help: "A results folder, an experiment's folder in it, or a report.json.", completion: .directory)
  var results = "results"

  @Option(
    name: .customLong("sort"),
    help: "Sorts by top1, top5, test_loss, parameters, macs, channels or train_seconds, best first.")
  var metric: RunList.Metric?

  @Option(help: "text, csv, markdown or json.")
  var format: Format = .text

  func run() throws {
    let list: RunList
    do {
      let (set, problems) = try ReportSet.readable(paths: [results], unique: false)
      for problem in problems { showWarning("\(problem)") }
      list = RunList(set, sortedBy: metric)
    } catch {
      throw ended(by: error, .usage)
    }
    switch format {
    case .text: print(list.text(columns: outputColumns()))
    case .csv: print(list.csv(), terminator: "")
    case .markdown: print(list.markdown())
    case .json: print(list.json())
    }
  }
}

extension RunList.Metric: ExpressibleByArgument {}
