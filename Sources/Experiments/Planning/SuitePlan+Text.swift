import Foundation
import Reports
import Specification

extension SuitePlan {
  /// - Parameter layers: the layers of every experiment too.
  public func text(layers: Bool) -> String {
    var parts: [String] = []
    if layers || experiments.count == 1 { parts += experiments.map { details($0) } }
    if experiments.count != 1 { parts.append(aligned(overview()).joined(separator: "\n")) }
    parts.append(conclusion().joined(separator: "\n"))
    return parts.joined(separator: "\n\n")
  }

  // MARK: All experiments

  private func overview() -> [[String]] {
    [
      [
        "experiment", "seeds", "epochs", "parameters", "MACs", "MACs left", "to train", "shared", "cached",
        "predicted",
      ]
    ]
      + experiments.map { plan in
        let left = plan.pruningSteps.last.map { percent($0.macs, of: plan.macs) } ?? "-"
        let cached = plan.runs.count(where: \.cached)
        let toDo = plan.runs.count { isFirst($0, plan) && !$0.cached }
        return [
          plan.experiment, "\(Set(plan.runs.map(\.seed)).count)", "\(plan.runs.first?.epochs ?? 0)",
          "\(plan.parameters)", "\(plan.macs)", left, "\(toDo)", "\(plan.runs.count - cached - toDo)",
          "\(cached)",
          plan.predictedSeconds.map(span) ?? "-",
        ]
      }
  }

  /// Whether a training is done for this experiment, and not for one before.
  private func isFirst(_ run: ExperimentPlan.Run, _ plan: ExperimentPlan) -> Bool {
    experiments.first { $0.runs.contains { $0.trainingKey == run.trainingKey } }?.experiment
      == plan.experiment
  }

  private func conclusion() -> [String] {
    let shared = whole.trainingsWithoutSharing - whole.trainings
    var lines = [
      "\(whole.trainingsToDo) trainings to do; \(whole.trainingsWithoutSharing) without sharing and cache"
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
        "predicted for `run` with \(whole.threads) threads and one job: \(span(seconds)), \(memory) MiB of memory"
          + " (from \(span(calibration)) of training and evaluating a little of each at its widths)")
    }
    return lines
  }

  // MARK: One experiment

  private func details(_ plan: ExperimentPlan) -> String {
    var lines = [
      "\(visible(plan.experiment)): \(plan.parameters) parameters, \(plan.macs) MACs, \(plan.prunableChannels) prunable channels",
      "",
    ]
    lines += aligned(
      [["layer", "inputs", "channels", "prunable", "parameters", "MACs"]]
        + plan.layers.map {
          [
            $0.name, "\($0.inputs)", "\($0.channels)", $0.prunable ? "yes" : "no", "\($0.parameters)",
            "\($0.macs)",
          ]
        })
    if !plan.pruningSteps.isEmpty {
      lines += ["", "pruning steps, if layers lose channels in proportion (scores decide which):"]
      lines += aligned(
        [["after epoch", "channels", "parameters", "MACs", "MACs left"]]
          + plan.pruningSteps.map {
            [
              "\($0.epoch)", "\($0.channels)", "\($0.parameters)", "\($0.macs)",
              percent($0.macs, of: plan.macs),
            ]
          })
    }
    lines += ["", "runs:"]
    lines += aligned(
      [["training", "seed", "variant", "epochs", "done", "predicted"]]
        + plan.runs.map { run in
          [
            String(run.trainingKey.prefix(12)), "\(run.seed)", run.variant.rawValue, "\(run.epochs)",
            "\(run.epochsDone)", run.cached ? "cached" : run.predictedSeconds.map(span) ?? "-",
          ]
        })
    return lines.joined(separator: "\n")
  }

  private func percent(_ part: Int, of whole: Int) -> String {
    String(format: "%.1f %%", 100 * Double(part) / Double(max(1, whole)))
  }

  /// `4.2 s`, `12 min`, `3 h 20 min`.
  private func span(_ seconds: Double) -> String {
    switch seconds {
    case ..<120: return String(format: "%.1f s", seconds)
    case ..<7200: return String(format: "%.0f min", seconds / 60)
    default:
      let minutes = Int(min(seconds / 60, 1e9).rounded())
      return "\(minutes / 60) h \(minutes % 60) min"
    }
  }
}
