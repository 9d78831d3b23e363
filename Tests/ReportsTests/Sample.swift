import Specification

@testable import Reports

/// A small report: two seeds, baseline and pruned.
enum Sample {
  static let expectations = [
    ExpectationSpec(metric: "accuracy_drop", paper: 0.01, limit: .atMost(0.5)),
    ExpectationSpec(metric: "compression", paper: nil, limit: .atLeast(1.5)),
    ExpectationSpec(metric: "flops_reduction", paper: 0.56, limit: .atLeast(0.5)),
  ]

  static let spec = JSON.object([
    ("train", .object([("epochs", .integer(1)), ("batch_size", .number(64))]))
  ])

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
    experiment: "trial", description: "a \"small\", quoted one", status: .complete, spec: spec, runs: runs,
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
            epoch: 1, trainSeconds: 6, evaluationSeconds: 1, pruningSeconds: 2, trainCPUSeconds: 11.5,
            evaluationCPUSeconds: 1.5, pruningCPUSeconds: 3.5, imagesPerSecond: 160)
        ]),
    ]),
    environment: EnvironmentReport(
      version: "0.1.0", processor: "a processor", kernels: "avx2", blasCore: nil, threads: 2,
      date: "2026-01-01"))

  static let goldenJSON = """
    {
      "description" : "a/b",
      "experiment" : "trial",
      "format" : 1,
      "runs" : [
        {
          "channels" : 12,
          "history" : [
            {
              "channels" : 12,
              "epoch" : 1,
              "learning_rate" : 0.1,
              "macs" : 6000,
              "parameters" : 500,
              "train_loss" : 1.5,
              "train_top1" : 40
            }
          ],
          "layers" : [
            {
              "channels" : 12,
              "channels_before" : 20,
              "kind" : "convolution",
              "macs" : 6000,
              "macs_before" : 10000,
              "name" : "layer1.0.conv1",
              "parameters" : 500,
              "parameters_before" : 1000
            }
          ],
          "macs" : 6000,
          "parameters" : 500,
          "pruning_steps" : [
            {
              "channels" : 12,
              "epoch" : 1,
              "macs" : 6000,
              "parameters" : 500,
              "removed" : {
                "conv_plain" : [
                  1
                ],
                "layer1.0.conv1" : [
                  3,
                  7
                ]
              }
            }
          ],
          "seed" : 0,
          "test_loss" : 0.5,
          "top1" : 82,
          "variant" : "pruned"
        }
      ],
      "spec" : {
        "train" : {
          "batch_size" : 64,
          "epochs" : 1
        }
      },
      "status" : "complete",
      "summary" : {
        "expectations" : [
          {
            "limit" : "at_least 80.0",
            "measured" : 82,
            "met" : true,
            "metric" : "top1",
            "paper" : 92.5
          }
        ],
        "pruned" : {
          "channels" : 12,
          "macs" : 6000,
          "over_seeds" : {
            "channels" : {
              "ci95" : null,
              "mean" : 12,
              "n" : 1,
              "std" : 0
            },
            "macs" : {
              "ci95" : null,
              "mean" : 6000,
              "n" : 1,
              "std" : 0
            },
            "parameters" : {
              "ci95" : null,
              "mean" : 500,
              "n" : 1,
              "std" : 0
            }
          },
          "parameters" : 500,
          "test_loss" : {
            "ci95" : null,
            "mean" : 0.5,
            "n" : 1,
            "std" : 0
          },
          "top1" : {
            "ci95" : null,
            "mean" : 82,
            "n" : 1,
            "std" : 0
          }
        }
      }
    }

    """
}
