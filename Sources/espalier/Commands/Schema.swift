import ArgumentParser
import Experiments
import Specification

struct Schema: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints the JSON Schema of experiment files, for editors and scripts.")

  enum Subject: String, ExpressibleByArgument, CaseIterable { case experiment }

  @Argument(help: "experiment")
  var subject: Subject = .experiment

  func run() {
    print(experimentSchema(.standard))
  }
}
