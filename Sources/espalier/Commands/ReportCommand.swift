import ArgumentParser
import Experiments
import Foundation
import Reports
import Specification

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Writes a page with plots about one experiment, or about all experiments in a folder.",
    discussion: "Each plot is also written as a separate file, to plots/ next to the page.")

  enum Format: String, ExpressibleByArgument, CaseIterable { case html, markdown }

  @Argument(
    help: "An experiment's results folder, its report.json, or a folder of several of them.",
    completion: .file())
  var folders: [String]

  @Option(
    help: ArgumentHelp(
      "File of the page, without separate plots. Default: report.html in the folder, with plots.",
      valueName: "file.html"),
    completion: .file(), transform: path)
  var output: String?

  @Option(help: "html, or markdown: a table with one row per experiment, on standard output.")
  var format: Format = .html

  func validate() throws {
    if format == .markdown, output != nil {
      throw ValidationError("--output is for the page; the table is printed to standard output")
    }
  }

  func run() throws {
    do {
      let reports = try ReportFolder(folders)
      for problem in reports.problems { showWarning("\(problem)") }
      print(format == .markdown ? reports.reports.markdown() : visible(try reports.write(to: output)))
    } catch {
      throw ended(by: error, error is RunError ? .failed : .usage)
    }
  }
}
