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

  @Option(
    parsing: .unconditional,
    help: """
      Shares of a layer's channels to remove, separated by commas. Default: 0.1,0.3,0.5,0.7,0.9.
      """,
    transform: reading("increasing numbers above 0 and below 1, separated by commas, as in `0.1,0.5`", shares)
  )
  var ratios = [0.1, 0.3, 0.5, 0.7, 0.9]

  @OptionGroup var results: ResultsOptions

  @OptionGroup var compute: EngineOptions

  @Option(help: "How to show progress: auto, plain, json or none.")
  var progress: ProgressMode = .auto

  @Option(help: "text, or json for a file of one experiment.")
  var format: OutputFormat = .text

  func run() throws {
    let specs = try format == .json ? [experiment.loadOne(file)] : experiment.load([file])
    let engine = try compute.engine()
    let interruption = Interruption()
    interruption.listen()
    for spec in specs {
      let printer = ProgressPrinter(mode: progress)
      do throws(RunError) {
        let report = try SensitivityAnalysis(
          spec, weights: weights, ratios: ratios, results: results.folder, engine: engine,
          progress: printer, interruption: interruption
        ).run()
        printer.clear()
        print(format == .json ? report.json() : report.table(columns: outputColumns()))
      } catch {
        printer.clear()
        guard error.isInterruption else {
          printError("espalier: \(spec.name): \(error)")
          if case .model = error { throw ExitStatus.usage }
          throw ExitStatus.failed
        }
        printError("espalier: \(spec.name): interrupted; finished layers are saved, the same command resumes")
        throw ExitStatus.interrupted
      }
    }
  }
}

@Sendable private func shares(_ text: String) -> [Double]? {
  let parts = text.split(separator: ",", omittingEmptySubsequences: false)
  let shares = parts.compactMap { Double($0) }
  guard shares.count == parts.count, shares.allSatisfy({ $0 > 0 && $0 < 1 }),
    zip(shares, shares.dropFirst()).allSatisfy({ $0 < $1 })
  else { return nil }
  return shares
}
