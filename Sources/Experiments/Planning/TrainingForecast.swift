import Compute
import Datasets
import Network
import Specification

/// Predicted cost of an experiment's trainings: in seconds if costs were measured, in
/// multiply-accumulates if they were counted.
struct TrainingForecast {
  let spec: ExperimentSpec
  let data: Dataset
  private let widths: [PlannedWidth]
  private var costs: [UnitCosts]

  /// Number of widths to measure; widths between them are interpolated by their MACs.
  private static let measuredWidths = 4

  init(
    _ spec: ExperimentSpec, _ data: Dataset, widths: [PlannedWidth], calibration: Calibration, engine: Engine
  ) throws(ToolError) {
    self.spec = spec
    self.data = data
    self.widths = widths
    var measured: [Int: UnitCosts] = [:]
    let last = widths.count - 1
    let count = min(Self.measuredWidths, widths.count)
    let chosen = Set((0..<count).map { count > 1 ? $0 * last / (count - 1) : 0 })
    var index = 0
    let network = try spec.network(engine: engine)
    PlannedWidths(spec: spec).walk(network.structure) { _, removed in
      network.remove(channels: removed)
      if chosen.contains(index) {
        measured[index] = calibration.cost(of: network, spec, data, scores: spec.prune != nil && index < last)
      }
      index += 1
    }
    costs = widths.indices.compactMap { Self.cost($0, measured, widths) }
  }

  /// In multiply-accumulates, which are the same on every machine.
  init(countingMACsOf spec: ExperimentSpec, _ data: Dataset) {
    self.spec = spec
    self.data = data
    widths = (try? PlannedWidths(spec: spec).all()) ?? []
    // Each of the two gradients costs as much as the forward pass; scoring is assumed to cost as
    // much as training.
    costs = widths.map { width in
      let macs = Double(width.macs)
      return UnitCosts(
        perTrainingImage: 3 * macs, perTestImage: macs, perScoredImage: 3 * macs,
        perCheckpoint: 0)
    }
  }

  private static func cost(
    _ index: Int, _ measured: [Int: UnitCosts], _ widths: [PlannedWidth]
  ) -> UnitCosts? {
    if let cost = measured[index] { return cost }
    guard let before = measured.keys.filter({ $0 < index }).max(), let first = measured[before],
      let after = measured.keys.filter({ $0 > index }).min(), var second = measured[after]
    else { return nil }
    // There is no scoring after the last step, so it was not measured.
    if after == widths.count - 1 { second.perScoredImage = first.perScoredImage }
    let span = Double(widths[before].macs - widths[after].macs)
    let share = span > 0 ? Double(widths[before].macs - widths[index].macs) / span : 0
    return .between(first, second, share: share)
  }

  /// The same with other costs of training steps.
  ///
  /// - Parameter factor: other cost / cost.
  func scaled(training factor: Double) -> TrainingForecast {
    var forecast = self
    for index in costs.indices { forecast.costs[index].perTrainingImage *= factor }
    return forecast
  }

  /// Cost after the first `done` epochs; nil if the cost of any width is unknown.
  ///
  /// - Parameter trained: epochs whose steps are done. If it is larger than `done`, pruning and
  ///   evaluation after the last of them are still to do.
  func cost(_ variant: Variant, after done: Int, trained: Int = 0) -> Double? {
    epochs(variant)?.enumerated().map { index, cost in
      let epoch = index + 1
      return (epoch > trained && epoch > done ? cost.steps : 0) + (epoch > done ? cost.rest : 0)
    }.reduce(0, +)
  }

  /// Cost of an epoch's steps, and of pruning, evaluation and checkpoint after them.
  struct Epoch {
    var steps: Double
    var rest: Double
  }

  /// The cost of each epoch; nil if the cost of any width is unknown.
  func epochs(_ variant: Variant) -> [Epoch]? {
    guard costs.count == widths.count, !costs.isEmpty else { return nil }
    let steps = variant == .pruned ? widths.dropFirst().map(\.epoch) : []
    let images = Double(data.train.count)
    let scored = spec.prune?.samples.map { Double(min($0, data.train.count)) } ?? images
    var width = 0
    let epochs = spec.epochs(variant)
    return (1...epochs).map { epoch in
      var cost = Epoch(steps: images * costs[width].perTrainingImage, rest: 0)
      if width < steps.count, steps[width] == epoch {
        cost.rest += scored * costs[width].perScoredImage
        width += 1
      }
      if epoch.isMultiple(of: spec.evaluate.every) || epoch == epochs {
        cost.rest += Double(data.test.count) * costs[width].perTestImage
      }
      cost.rest += costs[width].perCheckpoint
      return cost
    }
  }
}
