import ArgumentParser
import Experiments
import Foundation
import Reports
import Specification

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Writes a page with plots of an experiment's results, or over all experiments in a folder.",
    discussion: "Each plot is written as a file of its own as well, into plots/ beside the page.")

  enum Format: String, ExpressibleByArgument, CaseIterable { case html, markdown }

  @Argument(
    help: "An experiment's folder of results, its report.json, or a folder of several of them.",
    completion: .file())
  var folders: [String]

  @Option(
    help: ArgumentHelp(
      "The page. Default: report.html in the folder. Given, plots are not written as files.",
      valueName: "file.html"),
    completion: .file(), transform: path)
  var output: String?

  @Option(help: "html, or markdown: a table with a row for each experiment, to standard output.")
  var format: Format = .html

  func validate() throws {
    if format == .markdown, output != nil {
      throw ValidationError("--output is for the page; the table goes to standard output")
    }
  }

  func run() throws {
    do {
      let reports = try ReportFolder(folders)
      print(format == .markdown ? reports.reports.markdown() : visible(try reports.write(to: output)))
    } catch {
      complain("espalier: \(error)")
      throw error is RunError ? ExitStatus.failed : ExitStatus.usage
    }
  }
}
