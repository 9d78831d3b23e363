import ArgumentParser
import Experiments

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Shows the processor, the kernels chosen, the BLAS core, threads, data found and the measured peak.")

  @Option(help: "text or json.")
  var format: OutputFormat = .text

  @OptionGroup var compute: EngineOptions

  func run() throws {
    let diagnosis = Diagnosis(engine: try compute.engine())
    print(format == .json ? diagnosis.json() : diagnosis.text())
  }
}
