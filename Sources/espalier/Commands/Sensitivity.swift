import ArgumentParser
import Experiments
import Foundation
import Reports

struct Sensitivity: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures the accuracy of a trained model with one layer at a time pruned, without training.",
    discussion:
      "Writes sensitivity.json, .csv and .svg to the experiment's results folder. Every finished layer is saved; the "
      + "same command resumes after Ctrl-C.")

  @Argument(
    help: "Experiment file; its criterion decides which channels are removed first.",
    completion: .experimentFiles)
  var file: String

  @OptionGroup var experiment: ExperimentOptions

  @Option(
    help: """
      The model, a safetensors or ONNX file. Default: the experiment's start weights; its trained baseline if \
      there are none, or with `architecture.new_head`.
      """,
    completion: .file(), transform: path)
  var weights: String?

  @Option(help: "Shares of a layer's channels to remove, separated by commas.")
  var ratios = "0.1,0.3,0.5,0.7,0.9"

  @Option(
    help: "Folder of the results; each experiment has a folder in it.", completion: .directory,
    transform: path)
  var results = "results"

  @OptionGroup var compute: EngineOptions

  @Option(help: "How to show progress: auto, plain, json or none.")
  var progress: ProgressMode = .auto

  @Option(help: "text or json.")
  var format: OutputFormat = .text

  func validate() throws { _ = try shares() }

  private func shares() throws -> [Double] {
    let shares = try ratios.split(separator: ",").map { text in
      guard let share = Double(text), share > 0, share < 1 else {
        throw ValidationError("--ratios: expected numbers above 0 and below 1, found `\(text)`")
      }
      return share
    }
    guard !shares.isEmpty, zip(shares, shares.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw ValidationError("--ratios: expected increasing numbers separated by commas, found `\(ratios)`")
    }
    return shares
  }

  func run() throws {
    let specs = try experiment.load([file])
    let engine = try compute.engine()
    let interruption = Interruption()
    interruption.listen()
    for spec in specs {
      let printer = ProgressPrinter(mode: progress)
      do {
        let report = try SensitivityAnalysis(
          spec, weights: weights, ratios: shares(), results: results, engine: engine, progress: printer,
          interruption: interruption
        ).run()
        printer.clear()
        print(format == .json ? report.json() : report.table(columns: outputColumns()))
      } catch let error as RunError {
        printer.clear()
        guard error.isInterruption else {
          complain("espalier: \(spec.name): \(error)")
          if case .model = error { throw ExitStatus.usage }
          throw ExitStatus.failed
        }
        complain("espalier: \(spec.name): interrupted; finished layers are saved, the same command resumes")
        throw ExitStatus.interrupted
      }
    }
  }
}
