import Specification

/// JSON Schema (draft 2020-12) of `report.json`.
public func reportSchema() -> String {
  SchemaValue.document("Espalier report", ReportSchema.report)
}

private enum ReportSchema {
  typealias Value = SchemaValue
  typealias Member = SchemaValue.Member

  static let report = Value.object(
    "Results of an experiment. All but timing and environment depends on the experiment alone.",
    [
      Member(
        "format",
        .object([
          ("const", .integer(Report.currentFormat)),
          (
            "description",
            .string("Version of the format; a version may gain keys, but its keys do not change.")
          ),
        ])),
      Member("experiment", Value.text("Name of the experiment.")),
      Member("description", Value.text("Description of the experiment.")),
      Member("status", Value.text("How it ended.", oneOf: Report.Status.allCases.map(\.rawValue))),
      .optional(
        "problem",
        Value.text("Why a later run has not replaced this report; the rest is of the earlier run.")),
      .optional(
        "spec",
        .object([
          ("type", .string("object")),
          ("description", .string("The resolved experiment, as in experiment.yaml.")),
        ])),
      Member("summary", summary),
      Member("runs", Value.list("One entry per training: a seed of a variant.", of: run)),
      Member("timing", timing), Member("environment", environment),
    ])

  // MARK: Summary

  static let summary = Value.object(
    "Baseline and pruned network over all seeds; differences and ratios are paired by seed.",
    [
      .optional("baseline", variant("The network trained without pruning.")),
      .optional("pruned", variant("The network pruned while it trained.")),
      .optional(
        "accuracy_drop",
        Value.statistic("Top-1 of the baseline minus that of the pruned network, percentage points.")),
      .optional("compression", Value.number("Parameters before / after; mean over the seeds.")),
      .optional("parameter_reduction", Value.number("Share of the parameters that is removed, 0 to 1.")),
      .optional(
        "flops_reduction", Value.number("Share of the multiply-accumulates that is removed, 0 to 1.")),
      .optional("channel_reduction", Value.number("Share of the prunable channels that is removed, 0 to 1.")),
      .optional(
        "over_seeds",
        Value.object(
          "The four numbers above with their spread.",
          [
            .optional("compression", Value.statistic("Parameters before / after.")),
            .optional("parameter_reduction", Value.statistic("Share of the parameters that is removed.")),
            .optional(
              "flops_reduction", Value.statistic("Share of the multiply-accumulates that is removed.")),
            .optional(
              "channel_reduction", Value.statistic("Share of the prunable channels that is removed.")),
          ])),
      Member(
        "expectations", Value.list("What the experiment expects, and what was measured.", of: expectation)),
    ])

  static func variant(_ description: String) -> JSON {
    Value.object(
      description,
      [
        Member("top1", Value.statistic("Accuracy on the test images after the last epoch, percent.")),
        .optional(
          "top5",
          Value.statistic("Share of the images with the true class among the five most likely, percent.")),
        .optional("test_loss", Value.statistic("Mean cross-entropy of the test images, nats.")),
        Member(
          "parameters",
          Value.count("Weights, biases, scales and shifts of batch norm; mean over the seeds, rounded.")),
        Member(
          "macs",
          Value.count("Multiply-accumulates of convolutions and linear layers for one image; mean, rounded.")),
        Member("channels", Value.count("Prunable channels that remain; mean, rounded.")),
        .optional(
          "over_seeds",
          Value.object(
            "The three sizes with their spread.",
            [
              Member("parameters", Value.statistic("Parameters.")),
              Member("macs", Value.statistic("Multiply-accumulates.")),
              Member("channels", Value.statistic("Prunable channels.")),
            ])),
      ])
  }

  static let expectation = Value.object(
    "An expectation.",
    [
      Member("metric", Value.text("Name of the metric.")),
      .optional("paper", Value.number("The published number.")),
      .optional("measured", Value.number("Mean over the seeds; missing if it was not measured.")),
      Member("limit", Value.text("at_most or at_least, and a number.")),
      Member("met", Value.flag("Whether the mean is within the limit.")),
      .optional("ci95", Value.interval),
      .optional(
        "ci95_verdict",
        Value.text(
          "Whether the interval is all within the limit, contains it, or is all beyond it.",
          oneOf: ExpectationResult.Verdict.allCases.map(\.rawValue))),
    ])

  // MARK: Runs

  static let run = Value.object(
    "A training.",
    [
      seed, variantName,
      Member("top1", Value.number("Accuracy on the test images after the last epoch, percent.")),
      .optional("top5", Value.number("Top-5 accuracy on the test images, percent.")),
      .optional(
        "test_loss",
        Value.nullable(
          Value.number("Mean cross-entropy of the test images, nats; null where it is not finite."))),
    ] + sizes + [
      .optional(
        "onnx_macs",
        Value.count(
          "Multiply-accumulates of the ONNX file for one image, padding channels included.")),
      .optional(
        "left_out",
        Value.object(
          "Damaged pictures that the last epoch left out; missing if a damaged one ends the run.",
          [
            Member("train", Value.count("Training pictures.")),
            .optional("test", Value.count("Test pictures.")),
          ])),
      Member("layers", Value.list("Convolutions and linear layers, before and after pruning.", of: layer)),
      Member("pruning_steps", Value.list("Which channels were removed, and when.", of: step)),
      Member("history", Value.list("One entry per epoch.", of: epoch)),
    ])

  static let seed = Member("seed", Value.count("Seed of the run."))
  static let variantName = Member("variant", Value.text("Which network.", oneOf: ["baseline", "pruned"]))
  static let number = Member("epoch", Value.count("From 1."))

  static let sizes = [
    Member("parameters", Value.count("Weights, biases, scales and shifts of batch norm.")),
    Member("macs", Value.count("Multiply-accumulates of convolutions and linear layers for one image.")),
    Member("channels", Value.count("Prunable channels that remain.")),
  ]

  static let layer = Value.object(
    "A layer.",
    [
      Member("name", Value.text("The layer's name in torchvision.")),
      Member("kind", Value.text("convolution or linear.")),
      Member("channels_before", Value.count("Outputs before pruning.")),
      Member("channels", Value.count("Outputs that remain.")),
      Member("parameters_before", Value.count("Batch norm included, before pruning.")),
      Member("parameters", Value.count("Batch norm included.")),
      Member("macs_before", Value.count("For one image, before pruning.")),
      Member("macs", Value.count("For one image.")),
    ])

  static let step = Value.object(
    "A pruning step after an epoch.",
    [
      number,
      Member(
        "removed",
        Value.map(
          "Removed channels by layer, as numbered in the unpruned network.",
          to: Value.list("Indices of channels, from 0.", of: Value.count("A channel.")))),
    ] + sizes)

  static let epoch = Value.object(
    "An epoch; sizes are those after its pruning step.",
    [
      number, .optional("images", Value.count("Training images of the epoch.")),
      Member("learning_rate", Value.number("At the first step of the epoch.")),
      Member("train_loss", Value.nullable(Value.number("Mean loss of the epoch's batches, nats."))),
      Member("train_top1", Value.number("Accuracy on the epoch's batches, percent.")),
      .optional("test_loss", Value.nullable(Value.number("Mean cross-entropy of the test images, nats."))),
      .optional("test_top1", Value.number("Accuracy on the test images, percent.")),
      .optional("test_top5", Value.number("Top-5 accuracy on the test images, percent.")),
    ] + sizes)

  // MARK: Timing and environment

  static let timing = Value.object(
    "Times, which differ from run to run.",
    [
      Member(
        "runs",
        Value.list(
          "One entry per training.",
          of: Value.object(
            "A training.",
            [
              seed, variantName,
              Member(
                "epochs",
                Value.list(
                  "One entry per epoch.",
                  of: Value.object(
                    "Time of an epoch.",
                    [
                      number,
                      Member("train_seconds", Value.number("Forward, backward and update, wall time.")),
                      Member("evaluation_seconds", Value.number("Evaluation on the test images, wall time.")),
                      Member("pruning_seconds", Value.number("Scoring and removal of channels, wall time.")),
                      .optional(
                        "train_cpu_seconds",
                        Value.number(
                          "Processor time of forward, backward and update, summed over all threads. Missing if "
                            + "trainings ran in parallel, as are the two below.")),
                      .optional(
                        "evaluation_cpu_seconds", Value.number("Processor time of evaluation.")),
                      .optional(
                        "pruning_cpu_seconds",
                        Value.number("Processor time of scoring and removal of channels.")),
                      Member("images_per_s", Value.number("Training images per second.")),
                      .optional(
                        "train_joules",
                        Value.number("Energy of the processor during training, if it can be read.")),
                    ]))),
              .optional(
                "sessions",
                Value.list(
                  "Where and when the epochs were trained, in order.",
                  of: Value.object(
                    "Epochs that were trained in one session.",
                    [
                      Member("from_epoch", Value.count("The first of these epochs.")),
                      Member("environment", environment),
                    ])
                )),
              .optional(
                "shared_epochs",
                Value.count(
                  "Number of epochs at the beginning that were taken over, with their times, from another training "
                    + "that is identical up to there.")),
              Member(
                "latency",
                Value.list(
                  "Latency of inference with the final network.",
                  of: Value.object(
                    "Median wall time of a batch.",
                    [
                      Member("batch_size", Value.count("Images per batch.")),
                      Member("milliseconds", Value.number("Median.")),
                    ]))),
            ])))
    ])

  static let environment = Value.object(
    "Where the report was written, or a session trained.",
    [
      Member("version", Value.text("Version of the program.")), Member("processor", Value.text("Its name.")),
      Member("kernels", Value.text("Class of kernels; results are bitwise reproducible within a class.")),
      .optional("blas_core", Value.text("OpenBLAS's kernels.")),
      .optional("blas_release", Value.text("OpenBLAS's release.")),
      Member("threads", Value.count("Threads used.")),
      Member("date", Value.text("When the report was written, or the session started, ISO 8601.")),
      .optional("host", Value.text("Name of the machine.")),
      .optional("job", Value.text("Slurm's or Kubernetes' job.")),
      .optional("git_commit", Value.text("Commit of the experiment file's repository.")),
      .optional(
        "git_dirty", Value.flag("Whether files of the experiment's folder differ from the commit.")),
      .optional("mpi_ranks", Value.count("Processes of mpirun that trained the network.")),
      .optional(
        "paths",
        Value.map(
          "Expanded paths, by key, of keys that have variables in their paths.", to: Value.text("Path."))),
      .optional("picture_decoders", Value.text("Libraries that decoded the pictures.")),
    ])
}
