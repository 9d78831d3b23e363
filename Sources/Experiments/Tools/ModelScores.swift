import Compute
import Datasets
import Foundation
import Network
import Pruning
import Reports
import Specification

/// The score of every channel of a model, by an experiment's criterion.
public struct ModelScores: Encodable {
  let architecture: String
  let criterion: String
  /// The model's file; nil for random weights.
  let weights: String?
  /// By layer, a score for each remaining channel. Layers that are scored but not pruned are
  /// included.
  let scores: [String: [Double]]
  /// By prunable layer or residual stream, the indices of channels in the original network.
  let channels: [String: [Int]]

  private let order: [String]
  /// Warnings about random weights, about the data, and about a model that was trained with other
  /// classes or another normalization.
  public let warnings: [String]

  /// - Parameters:
  ///   - weights: the model's file; nil for the experiment's start weights.
  ///   - images: a tensor file to score on; nil for the experiment's training images.
  public init(
    _ spec: ExperimentSpec, weights: String?, images: String?, engine: Engine
  ) throws(ToolError) {
    let network = try spec.network(weights: weights, engine: engine)
    let seed = spec.seeds.first ?? 0
    let randomWeights = (weights ?? spec.trainedStart) == nil ? [Self.warning(of: spec)] : []
    if let images {
      let batch = try LabelledImages(contentsOf: images, for: network)
      let data = ScoringData(seed: seed, epoch: 0) {
        AnyIterator([(batch.images, batch.labels)].makeIterator())
      }
      scores = Scoring.scores(of: network, by: spec.prune, on: data)
      warnings = randomWeights
    } else {
      do throws(RunError) {
        let dataset = try spec.loadData(threads: engine.threads)
        scores = try Scoring(spec: spec, data: dataset.train, seed: seed).scores(of: network, epoch: 0)
        warnings =
          randomWeights + dataset.warnings
          + spec.warnings(about: dataset, model: weights ?? spec.trainedStart) + dataset.takeWarnings()
      } catch {
        throw .failed(error)
      }
    }
    architecture = spec.architecture.name
    self.weights = weights ?? spec.architecture.weights
    criterion = spec.prune?.criterion ?? FeatureRelevance.description.name
    let scored = Set(scores.keys)
    let streams = network.streamGroups.filter { scored.contains($0.name) }
    channels = Dictionary(uniqueKeysWithValues: (network.channelGroups + streams).map { ($0.name, $0.kept) })
    let layers = network.layers().map(\.name)
    // The stream of a declared network has the name of a layer.
    order = (layers + streams.map(\.name).filter { !layers.contains($0) }).filter(scored.contains)
  }

  private static func warning(of spec: ExperimentSpec) -> String {
    let random =
      spec.architecture.hasNewHead
      ? "`architecture.new_head`: the classifier has random weights"
      : "no weights: the scores are those of random weights"
    return "\(spec.name): \(random); `--weights MODEL` names a trained model"
  }

  private enum CodingKeys: String, CodingKey { case architecture, criterion, weights, scores, channels }

  public func json() -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let data = try? encoder.encode(self) else { return "{}" }
    return String(decoding: data, as: UTF8.self)
  }

  /// layer, channel (its index in the original network), score; layers in forward order.
  public func csv() -> String {
    let rows = order.flatMap { layer in
      (scores[layer] ?? []).enumerated().map { position, score in
        [layer, "\(channels[layer]?[position] ?? position)", "\(score)"]
      }
    }
    return csvTable(["layer", "channel", "score"], rows)
  }
}
