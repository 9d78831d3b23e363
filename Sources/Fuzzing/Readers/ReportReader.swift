import Reports
import Specification

/// Reads report.json. An accepted report, written and read again, must be the same, and can be
/// shown in every format.
struct ReportReader: FuzzedReader {
  static let name = "report"
  let isText = true

  func corpus() -> [[UInt8]] {
    let epoch = EpochReport(
      epoch: 1, learningRate: 0.1, trainLoss: 1.5, trainTop1: 40, testLoss: nil, testTop1: 40, testTop5: nil,
      channels: 20, parameters: 1000, macs: 10_000)
    let step = PruningStepReport(
      epoch: 1, removed: ["layer1.0.conv1": [3, 7]], channels: 18, parameters: 900, macs: 9000)
    func run(_ variant: String, _ top1: Double, _ parameters: Int) -> RunReport {
      RunReport(
        seed: 0, variant: variant, top1: top1, top5: nil, testLoss: 0.5, parameters: parameters, macs: 9000,
        channels: 18,
        layers: [
          LayerReport(
            name: "conv1", kind: "convolution", channelsBefore: 20, channels: 18, parametersBefore: 1000,
            parameters: parameters, macsBefore: 10_000, macs: 9000)
        ], pruningSteps: variant == "pruned" ? [step] : [], history: [epoch])
    }
    let report = Report(
      experiment: "trial", description: "quoted \"text\"", status: .complete,
      runs: [run("baseline", 90, 1000), run("pruned", 89.5, 900)],
      expectations: [ExpectationSpec(metric: "accuracy_drop", paper: 0.01, limit: .atMost(0.5))],
      timing: Timing(runs: [
        Timing.Run(
          seed: 0, variant: "baseline",
          epochs: [
            Timing.Epoch(
              epoch: 1, trainSeconds: 10, evaluationSeconds: 1, pruningSeconds: 0, imagesPerSecond: 100)
          ])
      ]),
      environment: EnvironmentReport(
        version: "0", processor: "p", kernels: "avx2", blasCore: nil, threads: 2, date: "2026-01-01"))
    return [Array(report.json().utf8)]
  }

  func read(_ bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self), let report = try? Report(json: text) else {
      return
    }
    precondition((try? Report(json: report.json())) == report, "it does not read back the same")
    _ = (report.table(), report.csv(), report.layersCSV(), report.historyCSV())
  }
}
