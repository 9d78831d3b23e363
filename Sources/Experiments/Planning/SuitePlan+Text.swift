import Foundation
import Reports
import Specification

extension SuitePlan {
  /// - Parameters:
  ///   - layers: whether to include the layers of every experiment.
  ///   - columns: characters per line; wider tables omit columns.
  public func text(layers: Bool, columns: Int = 80) -> String {
    var parts: [String] = []
    if layers || experiments.count == 1 { parts += experiments.map { details($0, columns) } }
    if experiments.count != 1 { parts.append(overview().lines(columns: columns).joined(separator: "\n")) }
    parts.append(conclusion().flatMap { wrapped($0, columns: columns, indent: "  ") }.joined(separator: "\n"))
    return parts.joined(separator: "\n\n")
  }

  // MARK: All experiments

  private func overview() -> TextTable {
    let header = [
      "experiment", "seeds", "epochs", "parameters", "MACs", "removed", "to train", "shared", "cached",
      "time",
    ]
    let rows = experiments.map { plan in
      let removed = plan.pruningSteps.last.map { percent(plan.macs - $0.macs, of: plan.macs) } ?? "-"
      let first = plan.runs.filter { isFirst($0, plan) }
      let cached = first.count(where: \.cached)
      return [
        plan.experiment, "\(Set(plan.runs.map(\.seed)).count)", "\(plan.runs.first?.epochs ?? 0)",
        magnitude(plan.parameters), magnitude(plan.macs), removed, "\(first.count - cached)",
        "\(plan.runs.count - first.count)", "\(cached)", plan.predictedSeconds.map(duration) ?? "-",
      ]
    }
    return TextTable(
      [header] + rows, expendable: ["parameters", "epochs", "seeds", "MACs", "shared", "cached"])
  }

  /// Whether a training is not also that of an earlier experiment.
  private func isFirst(_ run: ExperimentPlan.Run, _ plan: ExperimentPlan) -> Bool {
    experiments.first { $0.runs.contains { $0.trainingKey == run.trainingKey } }?.experiment
      == plan.experiment
  }

  private func conclusion() -> [String] {
    let shared = whole.trainingsWithoutSharing - whole.trainings
    var lines = [
      "\(counted(whole.trainingsToDo, "training")) to do; \(whole.trainingsWithoutSharing) without sharing and cache"
        + " (\(shared) shared, \(whole.trainingsCached) cached)"
    ]
    if whole.epochsShared > 0 {
      lines.append(
        "\(whole.epochsShared) epochs before first pruning steps are trained once for the baselines and taken over"
      )
    }
    if let seconds = whole.predictedSeconds, let memory = whole.predictedPeakMib,
      let calibration = whole.calibrationSeconds
    {
      lines.append(
        "predicted for `run` with \(counted(whole.threads, "thread")) and one job: \(duration(seconds)),"
          + " \(memory) MiB of memory (measured for \(duration(calibration)) on a few batches at its widths)")
    }
    return lines
  }

  // MARK: One experiment

  private func details(_ plan: ExperimentPlan, _ columns: Int) -> String {
    let title =
      "\(visible(plan.experiment)): \(counted(plan.parameters, "parameter")), \(counted(plan.macs, "MAC")),"
      + " \(counted(plan.prunableChannels, "prunable channel")), training in \(plan.trainingMemoryMib) MiB"
    var lines = wrapped(title, columns: columns, indent: "  ") + [""]
    lines += layers(plan).lines(columns: columns)
    if !plan.pruningSteps.isEmpty {
      lines += ["", "pruning steps, if all layers lose the same share of channels (scores decide):"]
      lines += steps(plan).lines(columns: columns)
    }
    lines += ["", "runs:"]
    lines += runs(plan).lines(columns: columns)
    lines += ["", "in each precision of activations:"]
    lines += precisions(plan).lines(columns: columns)
    return lines.joined(separator: "\n")
  }

  private func layers(_ plan: ExperimentPlan) -> TextTable {
    TextTable(
      [["layer", "inputs", "channels", "prunable", "parameters", "MACs"]]
        + plan.layers.map {
          [
            $0.name, "\($0.inputs)", "\($0.channels)", $0.prunable ? "yes" : "no", "\($0.parameters)",
            "\($0.macs)",
          ]
        }, expendable: ["inputs"])
  }

  private func steps(_ plan: ExperimentPlan) -> TextTable {
    TextTable(
      [["after epoch", "channels", "parameters", "MACs", "MACs removed"]]
        + plan.pruningSteps.map {
          [
            "\($0.epoch)", "\($0.channels)", "\($0.parameters)", "\($0.macs)",
            percent(plan.macs - $0.macs, of: plan.macs),
          ]
        })
  }

  private func runs(_ plan: ExperimentPlan) -> TextTable {
    TextTable(
      [["training", "seed", "variant", "epochs", "done", "time"]]
        + plan.runs.map { run in
          [
            String(run.trainingKey.prefix(12)), "\(run.seed)", run.variant.rawValue, "\(run.epochs)",
            "\(run.epochsDone)", run.cached ? "cached" : run.predictedSeconds.map(duration) ?? "-",
          ]
        })
  }

  private func precisions(_ plan: ExperimentPlan) -> TextTable {
    TextTable(
      [["train.precision", "training, MiB", "time"]]
        + plan.precisions.map {
          [
            $0.precision + ($0.isSet ? ", as set" : ""), "\($0.trainingMemoryMib)",
            $0.predictedSeconds.map(duration) ?? "-",
          ]
        })
  }

  private func percent(_ part: Int, of whole: Int) -> String {
    String(format: "%.1f %%", 100 * Double(part) / Double(max(1, whole)))
  }
}
