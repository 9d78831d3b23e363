import Network
import Specification

/// Which channels go at each pruning step: the lowest of the ranking, as many as the target says.
///
/// Targets are spread evenly over the steps and aim at a running total, so that rounding, floors and multiples of one
/// step are made good by the next. A classifier's hidden units have a ranking of their own: they lose the same share as
/// the convolutions, except where the target is a number of channels a step: then 22 of 512 units, as in arXiv 2002.09958.
public struct PruningSchedule: Sendable {
  /// Epochs after which a step happens, 1-based.
  public let epochs: [Int]
  private let spec: PruneSpec

  /// Hidden units that the paper's program removes at each step, of 512.
  private static let hiddenUnitsPerStep = 22
  private static let hiddenUnits = 512

  public init(_ spec: PruneSpec, epochs: Int) {
    self.spec = spec
    self.epochs = spec.steps(epochs: epochs)
  }

  /// Channels to remove after `epoch`, by group; empty when there is no step then or nothing is left to do.
  ///
  /// - Parameter scores: normalized, by layer.
  public func removals(
    after epoch: Int, network: Network, scores: [String: [Double]]
  ) -> [String: Set<Int>] {
    guard let index = epochs.firstIndex(of: epoch) else { return [:] }
    let step = Step(
      number: index + 1, of: epochs.count, groups: network.channelGroups, scores: scores, spec: spec)
    switch spec.target {
    case .ratio(let ratio):
      let share = ratio * Double(index + 1) / Double(epochs.count)
      return step.removing(channels: step.convolutions.total(share), units: step.hidden.total(share))
    case .channelsPerStep(let channels):
      let units =
        Double(step.hidden.original * Self.hiddenUnitsPerStep * (index + 1)) / Double(Self.hiddenUnits)
      return step.removing(channels: channels * (index + 1), units: Int(units.rounded()))
    case .parameterRatio(let ratio):
      return step.reaching(ratio, network: network) { Double($0.parameters) }
    case .flopsRatio(let ratio):
      return step.reaching(ratio, network: network) { Double($0.macs) }
    }
  }
}

/// One pruning step: the rankings as they stand.
private struct Step {
  let number: Int
  let steps: Int
  let groups: [ChannelGroup]
  let spec: PruneSpec
  let convolutions: Pool
  let hidden: Pool

  /// Channels that are ranked together.
  struct Pool {
    let ranked: [RankedChannel]
    let original: Int
    let gone: Int

    init(_ groups: [ChannelGroup], scores: [String: [Double]]) {
      ranked = ranking(groups, scores: scores)
      original = groups.map(\.originalCount).reduce(0, +)
      gone = original - ranked.count
    }

    func total(_ share: Double) -> Int { Int((share * Double(original)).rounded()) }
  }

  init(number: Int, of steps: Int, groups: [ChannelGroup], scores: [String: [Double]], spec: PruneSpec) {
    self.number = number
    self.steps = steps
    self.groups = groups
    self.spec = spec
    convolutions = Pool(groups.filter { $0.kind == .convolution }, scores: scores)
    hidden = Pool(groups.filter { $0.kind == .hiddenUnits }, scores: scores)
  }

  /// So many channels and hidden units gone in total after this step.
  func removing(channels: Int, units: Int) -> [String: Set<Int>] {
    lowest(channels - convolutions.gone, of: convolutions)
      .merging(lowest(units - hidden.gone, of: hidden)) { a, _ in a }
  }

  /// The fewest channels whose removal takes this step's part of `ratio` off the original cost.
  func reaching(
    _ ratio: Double, network: Network, measure: (Cost) -> Double
  ) -> [String: Set<Int>] {
    let original = measure(
      network.cost(channels: Dictionary(uniqueKeysWithValues: groups.map { ($0.name, $0.originalCount) })))
    let goal = original * (1 - ratio * Double(number) / Double(steps))
    func removal(_ count: Int) -> [String: Set<Int>] {
      let total = convolutions.gone + count
      let share = Double(total) / Double(max(1, convolutions.original))
      return removing(channels: total, units: hidden.total(share))
    }
    var tooFew = -1
    var enough = convolutions.ranked.count
    while enough - tooFew > 1 {
      let middle = (tooFew + enough) / 2
      if measure(network.cost(channels: counts(after: removal(middle)))) <= goal {
        enough = middle
      } else {
        tooFew = middle
      }
    }
    return removal(enough)
  }

  private func counts(after removed: [String: Set<Int>]) -> [String: Int] {
    Dictionary(
      uniqueKeysWithValues: groups.map { ($0.name, $0.kept.count - (removed[$0.name]?.count ?? 0)) })
  }

  /// The `count` lowest channels that the floor lets go, less what multiples of `round_to` keep.
  private func lowest(_ count: Int, of pool: Pool) -> [String: Set<Int>] {
    var left = Dictionary(uniqueKeysWithValues: groups.map { ($0.name, $0.kept.count) })
    var removed: [String: [Int]] = [:]
    var missing = count
    for channel in pool.ranked {
      guard missing > 0 else { break }
      guard let now = left[channel.group], now > spec.minimumChannels else { continue }
      left[channel.group] = now - 1
      removed[channel.group, default: []].append(channel.channel)
      missing -= 1
    }
    return removed.reduce(into: [:]) { result, entry in
      let (group, channels) = entry
      let excess = (left[group] ?? 0) % spec.roundTo
      let returned = excess == 0 ? 0 : min(channels.count, spec.roundTo - excess)
      let gone = channels.dropLast(returned)
      if !gone.isEmpty { result[group] = Set(gone) }
    }
  }
}
