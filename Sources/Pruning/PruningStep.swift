import Network
import Specification

/// One pruning step: the current rankings, and the channels to remove.
struct PruningStep {
  /// Share of the target that is removed after this step.
  let done: Double
  let convolutions: PruningCandidates
  let hidden: PruningCandidates
  private let graph: PrunableGraph
  private let coupling: StreamCoupling
  /// Remaining channels, by group.
  private let kept: [String: Int]
  /// By group.
  private let floors: [String: ChannelFloor]

  init(done: Double, graph: PrunableGraph, scores: [String: [Double]], spec: PruneSpec) {
    self.done = done
    self.graph = graph
    let all = graph.channelGroups + graph.streamGroups
    let groups = all.filter { !spec.excludes($0.members) }
    let coupling = StreamCoupling(graph)
    let kept = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.kept.count) })
    let missing = graph.missingAtStart
    let floors = Dictionary(uniqueKeysWithValues: all.map { ($0.name, ChannelFloor($0, spec)) })
    func candidates(_ kind: ChannelGroup.Kind, streams: [ChannelGroup] = []) -> PruningCandidates {
      PruningCandidates(
        groups.filter { $0.kind == kind }, streams: streams, scores: scores, kept: kept, missing: missing,
        floors: floors, coupling: coupling)
    }
    convolutions = candidates(
      .convolution, streams: spec.scope == .stream ? groups.filter { $0.kind == .stream } : [])
    hidden = candidates(.hiddenUnits)
    self.coupling = coupling
    self.kept = kept
    self.floors = floors
  }

  /// Removes channels and hidden units up to these totals after this step.
  ///
  /// - Returns: by group. Channels that are removed with a stream are included, also those of other
  ///   streams, hidden units, and layers without scores.
  func removing(channels: Int, units: Int) -> [String: Set<Int>] {
    let first = lowest(channels - convolutions.gone, of: convolutions)
    let coupled = coupling.coupled(to: first)
    let left = hidden.without(coupled)
    return first.merging(coupled) { $0.union($1) }
      .merging(lowest(units - left.gone, of: left)) { $0.union($1) }
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
    let (streams, coupled) = streamRemoval(chosen, candidates.allowed)
    var result = streams
    var counts: [String: Int] = [:]
    for channel in chosen where coupled[channel.group]?.contains(channel.channel) != true {
      counts[channel.group, default: 0] += 1
    }
    for (layer, ranked) in candidates.byLayer {
      guard let floor = floors[layer] else { continue }
      let lost = coupled[layer] ?? []
      let others = lost.isEmpty ? ranked : ranked.filter { !lost.contains($0) }
      let gone = others.count - floor.rounded(others.count - (counts[layer] ?? 0), of: others.count)
      if gone + lost.count > 0 { result[layer] = lost.union(others.prefix(gone)) }
    }
    return result
  }

  /// The part that streams lose themselves; none where a multiple would remove more than the floors
  /// of their layers allow.
  ///
  /// Of a sum within another one, a multiple stays of what the outer one leaves.
  ///
  /// - Returns: channels of streams, and by group, the channels that are removed with them.
  private func streamRemoval(
    _ chosen: ArraySlice<RankedChannel>, _ allowed: [RankedChannel]
  ) -> (removed: [String: Set<Int>], coupled: [String: Set<Int>]) {
    let chosen = Dictionary(grouping: chosen, by: \.group)
    let streams = Dictionary(grouping: allowed.filter { coupling.isStream($0.group) }, by: \.group)
    var removed: [String: Set<Int>] = [:]
    var coupled: [String: Set<Int>] = [:]
    for name in coupling.outerFirst {
      guard let ranked = streams[name], let now = kept[name], let floor = floors[name] else { continue }
      let lost = coupled[name] ?? []
      let others = ranked.filter { !lost.contains($0.channel) }
      let count = (chosen[name] ?? []).count { !lost.contains($0.channel) }
      let rest = now - lost.count
      let gone = rest - floor.rounded(rest - count, of: rest)
      guard gone > 0, gone <= others.count else { continue }
      let own = Set(others.prefix(gone).map(\.channel))
      removed[name] = own
      coupled.merge(coupling.coupled(to: [name: own])) { $0.union($1) }
    }
    return (removed, coupled)
  }

  /// Channels of layers.
  private func total(_ removal: [String: Set<Int>]) -> Int {
    removal.filter { !coupling.isStream($0.key) }.values.map(\.count).reduce(0, +)
  }
}
