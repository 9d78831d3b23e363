import ArgumentParser
import Experiments
import Foundation
import Reports

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Writes a page with plots of an experiment's results, or over all experiments in a folder.",
    discussion: "Each plot is written as a file of its own as well, into plots/ beside the page.")

  @Argument(help: "An experiment's folder of results, its report.json, or a folder of several of them.")
  var folder: String

  @Option(
    help: ArgumentHelp(
      "The page. Default: report.html in the folder. Given, plots are not written as files.",
      valueName: "file.html"))
  var output: String?

  func run() throws {
    do {
      print(try ReportFolder(folder).write(to: output))
    } catch {
      complain("espalier: \(error)")
      throw ExitStatus.usage
    }
  }
}
