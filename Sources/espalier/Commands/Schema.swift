import ArgumentParser
import Experiments
import Reports
import Specification

struct Schema: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints the JSON Schema of experiment files, of report.json, or of the JSON of diff.")

  enum Subject: String, ExpressibleByArgument, CaseIterable { case experiment, report, diff }

  @Argument(help: "experiment, report or diff.")
  var subject: Subject = .experiment

  func run() {
    switch subject {
    case .experiment: print(experimentSchema(.standard), terminator: "")
    case .report: print(reportSchema(), terminator: "")
    case .diff: print(diffSchema(), terminator: "")
    }
  }
}
