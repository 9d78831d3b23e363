import ArgumentParser
import Experiments

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Shows the processor, the kernels chosen, BLAS, threads, data found, the measured peak and bandwidth, and the results folder."
  )

  @OptionGroup var results: ResultsOptions

  @Option(help: "text or json.")
  var format: OutputFormat = .text

  @OptionGroup var compute: EngineOptions

  func run() throws {
    let report = DoctorReport(engine: try compute.engine(), results: results.folder)
    print(format == .json ? report.json() : report.text())
  }
}
