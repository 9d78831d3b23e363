import ArgumentParser
import Experiments
import Foundation
import Specification

struct Init: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes a commented experiment file to start from.",
    discussion: "An existing file is not replaced.")

  @Argument(
    help: "File to write; the experiment is named after it.", completion: .file(extensions: ["yaml"]))
  var file = "experiment.yaml"

  @Option(help: "Data set.", completion: .list(ExperimentTemplate.datasets))
  var dataset = "digits"

  @Option(
    help: "Architecture. Default: a small one for the data set.",
    completion: .list(ExperimentTemplate.architectures))
  var architecture: String?

  func run() throws {
    let template: ExperimentTemplate
    do {
      template = try ExperimentTemplate(file: file, dataset: dataset, architecture: architecture)
      try template.write()
    } catch {
      for line in error.lines { printError("espalier: \(line)") }
      throw error.isOfDisk ? ExitStatus.failed : ExitStatus.usage
    }
    if let warning = template.warning { showWarning(warning) }
    print(visible("\(file) is written; `espalier run \(template.quotedFile)` runs it"))
  }
}
