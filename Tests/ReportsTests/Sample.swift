@testable import Reports

/// A small report: two seeds, baseline and pruned.
enum Sample {
  static let expectations = [
    Expectation(metric: "accuracy_drop", paper: 0.01, limit: .atMost(0.5)),
    Expectation(metric: "compression", paper: nil, limit: .atLeast(1.5)),
    Expectation(metric: "flops_reduction", paper: 0.56, limit: .atLeast(0.5)),
  ]

  static func run(_ seed: UInt64, _ variant: String, top1: Double) -> RunReport {
    let isPruned = variant == "pruned"
    let (parameters, macs, channels) = isPruned ? (500, 6000, 12) : (1000, 10000, 20)
    let epoch = EpochReport(
      epoch: 1, learningRate: 0.1, trainLoss: 1.5, trainTop1: 40, testLoss: nil, testTop1: nil, testTop5: nil,
      channels: channels, parameters: parameters, macs: macs)
    let layer = LayerReport(
      name: "layer1.0.conv1", kind: "convolution", channelsBefore: 20, channels: channels,
      parametersBefore: 1000,
      parameters: parameters, macsBefore: 10000, macs: macs)
    let step = PruningStepReport(
      epoch: 1, removed: ["layer1.0.conv1": [3, 7], "conv_plain": [1]], channels: channels,
      parameters: parameters,
      macs: macs)
    return RunReport(
      seed: seed, variant: variant, top1: top1, top5: nil, testLoss: 0.5, parameters: parameters, macs: macs,
      channels: channels, layers: [layer], pruningSteps: isPruned ? [step] : [], history: [epoch])
  }

  static let runs = [
    run(0, "baseline", top1: 82.5), run(0, "pruned", top1: 82), run(1, "baseline", top1: 83.5),
    run(1, "pruned", top1: 82),
  ]

  static let report = Report(
    experiment: "trial", description: "a \"small\", quoted one", status: .complete, runs: runs,
    expectations: expectations,
    timing: Timing(runs: [
      Timing.Run(
        seed: 0, variant: "baseline",
        epochs: [
          Timing.Epoch(
            epoch: 1, trainSeconds: 10, evaluationSeconds: 1, pruningSeconds: 0, imagesPerSecond: 100)
        ], latency: [Timing.Latency(batchSize: 128, milliseconds: 1.5)]),
      Timing.Run(
        seed: 0, variant: "pruned",
        epochs: [
          Timing.Epoch(
            epoch: 1, trainSeconds: 6, evaluationSeconds: 1, pruningSeconds: 2, imagesPerSecond: 160)
        ]),
    ]),
    environment: EnvironmentReport(
      version: "0.1.0", processor: "a processor", kernels: "avx2", blasCore: nil, threads: 2,
      date: "2026-01-01"))
}
