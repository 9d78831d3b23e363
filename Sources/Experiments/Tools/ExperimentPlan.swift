import Architectures
import Compute
import Foundation
import Network
import Pruning
import Specification

/// What an experiment will do, and what its networks cost, without training.
public struct ExperimentPlan: Encodable {
  struct Run: Encodable {
    var seed: UInt64
    var variant: Variant
    var epochs: Int
    var epochsDone: Int
  }

  struct Layer: Encodable {
    var name: String
    var kind: String
    var inputs: Int
    var channels: Int
    var prunable: Bool
    var parameters: Int
    var macs: Int
  }

  struct PruningStep: Encodable {
    var epoch: Int
    /// Prunable channels left after the step, if layers are pruned in proportion; the ranking decides which.
    var channels: Int
    var parameters: Int
    var macs: Int
  }

  let experiment: String
  let runs: [Run]
  let parameters: Int
  let macs: Int
  let prunableChannels: Int
  let layers: [Layer]
  let pruningSteps: [PruningStep]

  public init(_ spec: ExperimentSpec, results: String) throws(ToolError) {
    let engine: Engine
    do { engine = try Engine(threads: 1) } catch { throw .file("\(error)") }
    let network = try spec.network(engine: engine)
    let cost = network.cost()
    experiment = spec.name
    parameters = cost.parameters
    macs = cost.macs
    prunableChannels = network.prunableChannels
    layers = network.layers().map {
      Layer(
        name: $0.name, kind: $0.kind.rawValue, inputs: $0.inputs, channels: $0.channels,
        prunable: $0.isPrunable,
        parameters: $0.cost.parameters, macs: $0.cost.macs)
    }
    pruningSteps = Self.steps(spec, network)
    var preparation = ExperimentPreparation(kernels: engine.kernels)
    let prepared = try? preparation.prepare(spec)
    let cache = StageCache(results: results)
    runs = spec.seeds.flatMap { seed in
      spec.variants.map { variant in
        let stage = prepared?.stages.first { $0.seed == seed && $0.variant == variant }
        return Run(
          seed: seed, variant: variant, epochs: spec.train.epochs,
          epochsDone: stage.flatMap { cache.checkpoints($0.key).newestEpoch } ?? 0)
      }
    }
  }

  /// Prunes a copy by equal scores within each layer, which takes channels from all layers in proportion.
  private static func steps(_ spec: ExperimentSpec, _ network: Network) -> [PruningStep] {
    guard let prune = spec.prune else { return [] }
    let schedule = PruningSchedule(prune, epochs: spec.train.epochs)
    return schedule.epochs.map { epoch in
      let scores = Dictionary(
        uniqueKeysWithValues: network.channelGroups.map { group in
          (group.name, group.kept.indices.map { (Double($0) + 0.5) / Double(group.kept.count) })
        })
      network.remove(channels: schedule.removals(after: epoch, network: network, scores: scores))
      let cost = network.cost()
      return PruningStep(
        epoch: epoch, channels: network.prunableChannels, parameters: cost.parameters, macs: cost.macs)
    }
  }

  public static func json(_ plans: [ExperimentPlan]) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    guard let data = try? encoder.encode(plans) else { return "[]" }
    return String(decoding: data, as: UTF8.self)
  }

  public func text() -> String {
    var lines = [
      "\(experiment): \(parameters) parameters, \(macs) MACs, \(prunableChannels) prunable channels", "",
    ]
    let columns = ["layer", "inputs", "channels", "prunable", "parameters", "MACs"]
    lines += table(
      columns,
      layers.map {
        [
          $0.name, "\($0.inputs)", "\($0.channels)", $0.prunable ? "yes" : "no", "\($0.parameters)",
          "\($0.macs)",
        ]
      })
    if !pruningSteps.isEmpty {
      lines += ["", "pruning steps, if layers lose channels in proportion (scores decide which):"]
      lines += table(
        ["after epoch", "channels", "parameters", "MACs", "MACs left"],
        pruningSteps.map {
          let share = 100 * Double($0.macs) / Double(max(1, macs))
          return [
            "\($0.epoch)", "\($0.channels)", "\($0.parameters)", "\($0.macs)",
            String(format: "%.1f %%", share),
          ]
        })
    }
    lines += ["", "runs:"]
    lines += table(
      ["seed", "variant", "epochs", "done"],
      runs.map { ["\($0.seed)", $0.variant.rawValue, "\($0.epochs)", "\($0.epochsDone)"] })
    return lines.joined(separator: "\n")
  }

  /// The first column to the left, the others to the right.
  private func table(_ header: [String], _ rows: [[String]]) -> [String] {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      row.enumerated().map { column, text in
        let space = String(repeating: " ", count: widths[column] - text.count)
        return column == 0 ? text + space : space + text
      }.joined(separator: "  ")
    }
  }
}
