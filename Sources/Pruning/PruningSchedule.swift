import Network
import Specification

/// Selects the channels that each pruning step removes: the lowest-ranked, up to the target.
///
/// Targets are cumulative, so that the next step corrects effects of rounding, floors and
/// multiples. Hidden units of a classifier are ranked separately: they lose the same share as the
/// convolutions, or 22 of 512 units per step if the target is a number of channels per step, as in
/// arXiv 2002.09958. A channel of a residual stream is removed with those of the last convolutions
/// of its blocks, which are counted in its place.
public struct PruningSchedule: Sendable {
  /// Epochs after which a step happens, 1-based.
  public let epochs: [Int]
  private let spec: PruneSpec

  public init(_ spec: PruneSpec, epochs: Int) {
    self.spec = spec
    self.epochs = spec.steps(epochs: epochs)
  }

  /// Channels to remove after `epoch`, by group; empty if there is no step or nothing left to
  /// remove.
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
      let units = PruneSpec.hiddenUnits(of: step.hidden.original, steps: whole)
      // No step has removed what a pruned model to start from lacked.
      return step.removing(
        channels: step.convolutions.missing + Int((Double(channels) * whole).rounded()),
        units: step.hidden.missing + units)
    case .parameterRatio(let ratio):
      return step.reaching(ratio) { Double($0.parameters) }
    case .flopsRatio(let ratio):
      return step.reaching(ratio) { Double($0.macs) }
    }
  }

  /// Share of the target that is removed after the step with this number, 1-based.
  private func share(afterStep number: Int) -> Double {
    let share = Double(number) / Double(epochs.count)
    return switch spec.schedule {
    case .constant, .oneShot: share
    case .cubic: 1 - (1 - share) * (1 - share) * (1 - share)
    }
  }
}
