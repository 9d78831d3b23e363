import Network
import Specification

/// One pruning step: the current rankings, and the channels to remove.
struct PruningStep {
  /// Share of the target that is removed after this step.
  let done: Double
  let convolutions: PruningCandidates
  let hidden: PruningCandidates
  private let graph: PrunableGraph
  private let spec: PruneSpec
  private let coupling: StreamCoupling
  /// Remaining channels, by group.
  private let kept: [String: Int]
  /// Minimum number of channels, by group.
  private let floors: [String: Int]

  init(done: Double, graph: PrunableGraph, scores: [String: [Double]], spec: PruneSpec) {
    self.done = done
    self.graph = graph
    let all = graph.channelGroups + graph.streamGroups
    let groups = all.filter { !spec.excludes($0.members) }
    self.spec = spec
    let coupling = StreamCoupling(graph)
    let kept = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.kept.count) })
    let floors = Dictionary(
      uniqueKeysWithValues: all.map { ($0.name, spec.leastKept(of: $0.originalCount)) })
    func candidates(_ kind: ChannelGroup.Kind, streams: [ChannelGroup] = []) -> PruningCandidates {
      PruningCandidates(
        groups.filter { $0.kind == kind }, streams: streams, scores: scores, kept: kept, floors: floors,
        coupling: coupling, spec: spec)
    }
    convolutions = candidates(
      .convolution, streams: spec.scope == .stream ? groups.filter { $0.kind == .stream } : [])
    hidden = candidates(.hiddenUnits)
    self.coupling = coupling
    self.kept = kept
    self.floors = floors
  }

  /// Removes channels and hidden units up to these totals after this step.
  func removing(channels: Int, units: Int) -> [String: Set<Int>] {
    let first = lowest(channels - convolutions.gone, of: convolutions)
    let left = hidden.without(coupling.coupled(to: first))
    return first.merging(lowest(units - left.gone, of: left)) { a, _ in a }
  }

  /// The fewest channels whose removal reduces the original cost by this step's part of `ratio`.
  func reaching(
    _ ratio: Double, measure: (Cost) -> Double
  ) -> [String: Set<Int>] {
    let original = measure(graph.whole.cost)
    let goal = original * (1 - ratio * done)
    func removal(_ count: Int) -> [String: Set<Int>] {
      let total = convolutions.gone + count
      let share = Double(total) / Double(max(1, convolutions.original))
      return removing(channels: total, units: hidden.total(share))
    }
    var tooFew = -1
    var enough = convolutions.original - convolutions.gone
    while enough - tooFew > 1 {
      let middle = (tooFew + enough) / 2
      if measure(graph.removing(removal(middle)).cost) <= goal {
        enough = middle
      } else {
        tooFew = middle
      }
    }
    return removal(enough)
  }

  /// The lowest-ranked channels, as close to `count` as possible with a multiple of `round_to` in
  /// every layer.
  private func lowest(_ count: Int, of candidates: PruningCandidates) -> [String: Set<Int>] {
    // The loss of a layer grows with the number of channels chosen, so a search finds the total.
    var (tooFew, enough) = (-1, candidates.allowed.count)
    while enough - tooFew > 1 {
      let middle = (tooFew + enough) / 2
      if total(removal(of: middle, from: candidates)) >= count {
        enough = middle
      } else {
        tooFew = middle
      }
    }
    let more = removal(of: enough, from: candidates)
    let fewer = removal(of: max(0, tooFew), from: candidates)
    return abs(total(more) - count) < abs(total(fewer) - count) ? more : fewer
  }

  /// The first `count` allowed channels, adjusted in each layer that would not keep a multiple of
  /// `round_to`.
  private func removal(of count: Int, from candidates: PruningCandidates) -> [String: Set<Int>] {
    let chosen = candidates.allowed.prefix(count)
    var result = streamRemoval(chosen, candidates.allowed)
    let coupled = coupling.coupled(to: result)
    var counts: [String: Int] = [:]
    for channel in chosen where coupled[channel.group]?.contains(channel.channel) != true {
      counts[channel.group, default: 0] += 1
    }
    for (layer, ranked) in candidates.byLayer {
      let lost = coupled[layer] ?? []
      let others = lost.isEmpty ? ranked : ranked.filter { !lost.contains($0) }
      let left = multiple(
        others.count - (counts[layer] ?? 0), of: others.count, floor: floors[layer])
      let gone = others.count - left
      if gone + lost.count > 0 { result[layer] = lost.union(others.prefix(gone)) }
    }
    return result
  }

  /// The part that streams lose; none where a multiple would remove more than the floors of their
  /// layers allow.
  private func streamRemoval(
    _ chosen: ArraySlice<RankedChannel>, _ allowed: [RankedChannel]
  ) -> [String: Set<Int>] {
    guard coupling.hasStreams else { return [:] }
    let counts = Dictionary(chosen.map { ($0.group, 1) }, uniquingKeysWith: +)
    let streams = Dictionary(grouping: allowed.filter { coupling.isStream($0.group) }, by: \.group)
    return streams.reduce(into: [:]) { result, stream in
      let now = kept[stream.key] ?? 0
      let gone =
        now - multiple(now - (counts[stream.key] ?? 0), of: now, floor: floors[stream.key])
      if gone > 0, gone <= stream.value.count {
        result[stream.key] = Set(stream.value.prefix(gone).map(\.channel))
      }
    }
  }

  /// The next higher multiple of `round_to`; the next lower if a layer of `now` channels has none,
  /// and all channels if it has neither above its floor.
  private func multiple(_ left: Int, of now: Int, floor: Int?) -> Int {
    let up = (left + spec.roundTo - 1) / spec.roundTo * spec.roundTo
    let down = now / spec.roundTo * spec.roundTo
    return up <= now ? up : down >= floor ?? spec.minimumChannels && down > 0 ? down : now
  }

  /// Channels of layers.
  private func total(_ removal: [String: Set<Int>]) -> Int {
    removal.filter { !coupling.isStream($0.key) }.values.map(\.count).reduce(0, +)
  }
}
