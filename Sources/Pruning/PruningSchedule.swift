import Network
import Specification

/// Which channels go at each pruning step: the lowest of the ranking, as many as the target says.
///
/// Targets aim at a running total, so that rounding, floors and multiples of one step are made good by the next. A
/// classifier's hidden units have a ranking of their own: they lose the same share as the convolutions, except where the
/// target is a number of channels a step: then 22 of 512 units, as in arXiv 2002.09958. A residual stream's channel takes
/// with it those of its blocks' last convolutions, which are counted in its place.
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
    let done = share(afterStep: index + 1)
    let step = Step(
      done: done, groups: network.channelGroups + network.streamGroups, scores: scores, spec: spec)
    switch spec.target {
    case .ratio(let ratio):
      return step.removing(
        channels: step.convolutions.total(ratio * done), units: step.hidden.total(ratio * done))
    case .channelsPerStep(let channels):
      let whole = Double(epochs.count) * done
      let units = Double(step.hidden.original * Self.hiddenUnitsPerStep) * whole / Double(Self.hiddenUnits)
      return step.removing(
        channels: Int((Double(channels) * whole).rounded()), units: Int(units.rounded()))
    case .parameterRatio(let ratio):
      return step.reaching(ratio, network: network) { Double($0.parameters) }
    case .flopsRatio(let ratio):
      return step.reaching(ratio, network: network) { Double($0.macs) }
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

/// One pruning step: the rankings as they stand.
private struct Step {
  /// Share of what has to go that is gone after it.
  let done: Double
  let groups: [ChannelGroup]
  let spec: PruneSpec
  let coupling: StreamCoupling
  let convolutions: Pool
  let hidden: Pool

  /// Channels that are ranked together.
  struct Pool {
    let ranked: [RankedChannel]
    let original: Int
    let gone: Int

    init(_ groups: [ChannelGroup], streams: [ChannelGroup] = [], scores: [String: [Double]]) {
      ranked = ranking(groups + streams, scores: scores)
      original = groups.map(\.originalCount).reduce(0, +)
      gone = original - groups.map(\.kept.count).reduce(0, +)
    }

    func total(_ share: Double) -> Int { Int((share * Double(original)).rounded()) }
  }

  init(done: Double, groups: [ChannelGroup], scores: [String: [Double]], spec: PruneSpec) {
    self.done = done
    self.groups = groups
    self.spec = spec
    coupling = StreamCoupling(groups)
    let streams = spec.scope == .stream ? groups.filter { $0.kind == .stream } : []
    convolutions = Pool(groups.filter { $0.kind == .convolution }, streams: streams, scores: scores)
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
    let goal = original * (1 - ratio * done)
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

  /// The lowest channels, as many as come closest to `count` while every layer keeps a multiple of `round_to`.
  private func lowest(_ count: Int, of pool: Pool) -> [String: Set<Int>] {
    let allowed = allowed(pool)
    // What a layer loses grows with the number of channels chosen, so the total can be searched for.
    var (tooFew, enough) = (-1, allowed.count)
    while enough - tooFew > 1 {
      let middle = (tooFew + enough) / 2
      if total(removal(of: middle, allowed, from: pool)) >= count {
        enough = middle
      } else {
        tooFew = middle
      }
    }
    let more = removal(of: enough, allowed, from: pool)
    let fewer = removal(of: max(0, tooFew), allowed, from: pool)
    return abs(total(more) - count) < abs(total(fewer) - count) ? more : fewer
  }

  /// The ranking without what the floor keeps, and without channels that have gone with their stream.
  private func allowed(_ pool: Pool) -> [RankedChannel] {
    var left = keptCounts
    // What streams leave to a layer: a multiple must remain, where the layer's own channels may stay for the sake of one.
    var leftByStreams = keptCounts
    var gone: [String: Set<Int>] = [:]
    func isGone(_ layer: String, _ channel: Int) -> Bool { gone[layer]?.contains(channel) == true }
    let least = (max(1, spec.minimumChannels) + spec.roundTo - 1) / spec.roundTo * spec.roundTo
    return pool.ranked.filter { channel in
      guard let now = left[channel.group], now > spec.minimumChannels, !isGone(channel.group, channel.channel)
      else { return false }
      let members = coupling.losers(of: channel)
      let losers = members.filter { !isGone($0, channel.channel) }
      guard losers.allSatisfy({ left[$0, default: 0] > spec.minimumChannels }),
        members.allSatisfy({ leftByStreams[$0, default: 0] > least })
      else { return false }
      for layer in members { leftByStreams[layer, default: 0] -= 1 }
      for layer in losers + [channel.group] {
        left[layer, default: 0] -= 1
        gone[layer, default: []].insert(channel.channel)
      }
      return true
    }
  }

  /// The first `count` channels allowed, fewer or more in each layer where it would not keep a multiple of `round_to`.
  private func removal(of count: Int, _ allowed: [RankedChannel], from pool: Pool) -> [String: Set<Int>] {
    let chosen = allowed.prefix(count)
    var result = streamRemoval(chosen, allowed)
    let coupled = coupling.coupled(to: result)
    let counts = Dictionary(
      chosen.filter { coupled[$0.group]?.contains($0.channel) != true }.map { ($0.group, 1) },
      uniquingKeysWith: +)
    for (layer, ranked) in Dictionary(grouping: pool.ranked, by: \.group) where !coupling.isStream(layer) {
      let lost = coupled[layer] ?? []
      let others = ranked.map(\.channel).filter { !lost.contains($0) }
      let gone = others.count - multiple(others.count - (counts[layer] ?? 0), of: others.count)
      if gone + lost.count > 0 { result[layer] = lost.union(others.prefix(gone)) }
    }
    return result
  }

  /// The part of it that streams lose; none where a multiple would take more than the floors of their layers allow.
  private func streamRemoval(
    _ chosen: ArraySlice<RankedChannel>, _ allowed: [RankedChannel]
  ) -> [String: Set<Int>] {
    let kept = keptCounts
    let counts = Dictionary(chosen.map { ($0.group, 1) }, uniquingKeysWith: +)
    let streams = Dictionary(grouping: allowed.filter { coupling.isStream($0.group) }, by: \.group)
    return streams.reduce(into: [:]) { result, stream in
      let now = kept[stream.key] ?? 0
      let gone = now - multiple(now - (counts[stream.key] ?? 0), of: now)
      if gone > 0, gone <= stream.value.count {
        result[stream.key] = Set(stream.value.prefix(gone).map(\.channel))
      }
    }
  }

  /// The next multiple of `round_to` up; down where a layer of `now` channels has no such, and all where it has neither.
  private func multiple(_ left: Int, of now: Int) -> Int {
    let up = (left + spec.roundTo - 1) / spec.roundTo * spec.roundTo
    let down = now / spec.roundTo * spec.roundTo
    return up <= now ? up : down >= spec.minimumChannels && down > 0 ? down : now
  }

  private var keptCounts: [String: Int] {
    Dictionary(uniqueKeysWithValues: groups.map { ($0.name, $0.kept.count) })
  }

  /// Channels of layers.
  private func total(_ removal: [String: Set<Int>]) -> Int {
    removal.filter { !coupling.isStream($0.key) }.values.map(\.count).reduce(0, +)
  }
}
