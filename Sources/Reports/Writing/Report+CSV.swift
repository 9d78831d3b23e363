extension Report {
  /// A row for each run and variant.
  public func csv() -> String {
    csvTable(
      [
        "experiment", "seed", "variant", "top1", "top5", "test_loss", "parameters", "macs", "channels",
        "train_seconds", "train_cpu_seconds", "spent_seconds", "train_left_out", "test_left_out",
      ],
      runs.map { run in
        let cost = trainingCost(of: run)
        return [
          experiment, "\(run.seed)", run.variant, "\(run.top1)", optional(run.top5), optional(run.testLoss),
          "\(run.parameters)", "\(run.macs)", "\(run.channels)",
          optional(cost.seconds), optional(cost.cpuSeconds), optional(cost.spentSeconds),
          run.leftOut.map { "\($0.train)" } ?? "", run.leftOut?.test.map { "\($0)" } ?? "",
        ]
      })
  }

  /// A row for each layer of each run and variant.
  public func layersCSV() -> String {
    let header = [
      "experiment", "seed", "variant", "layer", "kind", "channels_before", "channels", "parameters_before",
      "parameters",
      "macs_before", "macs",
    ]
    let rows = runs.flatMap { run in
      run.layers.map { layer in
        [
          experiment, "\(run.seed)", run.variant, layer.name, layer.kind, "\(layer.channelsBefore)",
          "\(layer.channels)",
          "\(layer.parametersBefore)", "\(layer.parameters)", "\(layer.macsBefore)", "\(layer.macs)",
        ]
      }
    }
    return csvTable(header, rows)
  }

  /// A row for each epoch of each run and variant.
  public func historyCSV() -> String {
    let header = [
      "experiment", "seed", "variant", "epoch", "learning_rate", "train_loss", "train_top1", "test_loss",
      "test_top1",
      "test_top5",
      "channels", "parameters", "macs", "train_seconds", "evaluation_seconds", "pruning_seconds",
      "images_per_s", "train_cpu_seconds", "evaluation_cpu_seconds", "pruning_cpu_seconds",
    ]
    let rows = runs.flatMap { run -> [[String]] in
      let timeByEpoch = timeByEpoch(of: run)
      return run.history.map { epoch in
        let time = timeByEpoch[epoch.epoch]
        return [
          experiment, "\(run.seed)", run.variant, "\(epoch.epoch)", "\(epoch.learningRate)",
          optional(epoch.trainLoss), "\(epoch.trainTop1)", optional(epoch.testLoss),
          optional(epoch.testTop1), optional(epoch.testTop5),
          "\(epoch.channels)", "\(epoch.parameters)", "\(epoch.macs)", optional(time?.trainSeconds),
          optional(time?.evaluationSeconds), optional(time?.pruningSeconds), optional(time?.imagesPerSecond),
          optional(time?.trainCPUSeconds), optional(time?.evaluationCPUSeconds),
          optional(time?.pruningCPUSeconds),
        ]
      }
    }
    return csvTable(header, rows)
  }

  /// A row for each metric of each variant and of the comparison, over the seeds.
  public func summaryCSV() -> String {
    let header = ["experiment", "variant", "metric", "mean", "std", "n", "ci95_low", "ci95_high"]
    let numbers =
      numbers(summary.baseline, "baseline") + numbers(summary.pruned, "pruned") + [
        ("", "accuracy_drop", summary.accuracyDrop), ("", "compression", summary.overSeeds?.compression),
        ("", "parameter_reduction", summary.overSeeds?.parameterReduction),
        ("", "flops_reduction", summary.overSeeds?.flopsReduction),
        ("", "channel_reduction", summary.overSeeds?.channelReduction),
      ]
    let rows = numbers.compactMap { variant, metric, statistic -> [String]? in
      guard let statistic else { return nil }
      return [
        experiment, variant, metric, optional(statistic.mean),
        optional(statistic.n > 1 ? statistic.std : nil), "\(statistic.n)",
        optional(statistic.ci95?.low), optional(statistic.ci95?.high),
      ]
    }
    return csvTable(header, rows)
  }

  private func numbers(
    _ summary: Summary.VariantSummary?, _ variant: String
  ) -> [(variant: String, metric: String, Statistic?)] {
    [
      (variant, "top1", summary?.top1), (variant, "top5", summary?.top5),
      (variant, "test_loss", summary?.testLoss), (variant, "parameters", summary?.overSeeds?.parameters),
      (variant, "macs", summary?.overSeeds?.macs), (variant, "channels", summary?.overSeeds?.channels),
    ]
  }

  /// A row for each expectation.
  public func expectationsCSV() -> String {
    let header = [
      "experiment", "metric", "paper", "limit", "at_most", "at_least", "measured", "ci95_low", "ci95_high",
      "met", "ci95_verdict",
    ]
    let rows = summary.expectations.map { expectation in
      [
        experiment, expectation.metric, optional(expectation.paper), expectation.limit,
        expectation.bound("at_most") ?? "", expectation.bound("at_least") ?? "",
        optional(expectation.measured), optional(expectation.ci95?.low), optional(expectation.ci95?.high),
        "\(expectation.met)", expectation.ci95Verdict?.rawValue ?? "",
      ]
    }
    return csvTable(header, rows)
  }

  /// A row for each run, variant and measured batch size.
  public func latencyCSV() -> String {
    csvTable(
      ["experiment", "seed", "variant", "batch_size", "milliseconds"],
      timing.runs.flatMap { run in
        run.latency.map { latency in
          [
            experiment, "\(run.seed)", run.variant, "\(latency.batchSize)", optional(latency.milliseconds),
          ]
        }
      })
  }

  /// Empty if there is no finite value.
  private func optional(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "" }
    return "\(value)"
  }
}
