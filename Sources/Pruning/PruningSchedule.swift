import Network
import Specification

/// Which channels go at each pruning step: the lowest of the ranking, as many as the target says.
///
/// Targets aim at a running total, so that rounding, floors and multiples of one step are corrected
/// by the next. A classifier's hidden units have a ranking of their own: they lose the same share
/// as the convolutions, except where the target is a number of channels a step: then 22 of 512
/// units, as in arXiv 2002.09958. A residual stream's channel takes with it those of its blocks'
/// last convolutions, which are counted in its place.
public struct PruningSchedule: Sendable {
  /// Epochs after which a step happens, 1-based.
  public let epochs: [Int]
  private let spec: PruneSpec

  /// Share of the hidden units that the paper's program removes at each step: 22 of 512.
  private static let hiddenUnitsPerStep = 22.0 / 512

  public init(_ spec: PruneSpec, epochs: Int) {
    self.spec = spec
    self.epochs = spec.steps(epochs: epochs)
  }

  /// Channels to remove after `epoch`, by group; empty when there is no step then or nothing is
  /// left to do.
  ///
  /// - Parameter scores: normalized, by layer.
  public func removals(
    after epoch: Int, graph: PrunableGraph, scores: [String: [Double]]
  ) -> [String: Set<Int>] {
    guard let index = epochs.firstIndex(of: epoch) else { return [:] }
    let done = share(afterStep: index + 1)
    let step = PruningStep(
      done: done, graph: graph, scores: scores, spec: spec)
    switch spec.target {
    case .ratio(let ratio):
      return step.removing(
        channels: step.convolutions.total(ratio * done), units: step.hidden.total(ratio * done))
    case .channelsPerStep(let channels):
      let whole = Double(epochs.count) * done
      let units = Self.hiddenUnitsPerStep * Double(step.hidden.original) * whole
      return step.removing(
        channels: Int((Double(channels) * whole).rounded()), units: Int(units.rounded()))
    case .parameterRatio(let ratio):
      return step.reaching(ratio) { Double($0.parameters) }
    case .flopsRatio(let ratio):
      return step.reaching(ratio) { Double($0.macs) }
    }
  }

  /// How much of what has to go is gone after the step of that number, 1-based.
  private func share(afterStep number: Int) -> Double {
    let share = Double(number) / Double(epochs.count)
    return switch spec.schedule {
    case .constant, .oneShot: share
    case .cubic: 1 - (1 - share) * (1 - share) * (1 - share)
    }
  }
}
