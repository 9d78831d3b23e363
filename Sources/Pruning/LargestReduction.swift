import Network
import Specification

extension PruningSchedule {
  /// The largest possible reduction: every layer at its floor, whatever the scores.
  public static func largestReduction(of graph: Graph, _ spec: PruneSpec) -> Catalog.Reduction {
    var whole = PrunableGraph(graph)
    whole.prunesStreams = spec.scope == .stream
    let groups = whole.channelGroups + whole.streamGroups
    let scores = Dictionary(
      uniqueKeysWithValues: groups.map { ($0.name, [Double](repeating: 0, count: $0.originalCount)) })
    let step = PruningStep(done: 1, graph: whole, scores: scores, spec: spec)
    let removal = step.removing(channels: step.convolutions.original, units: step.hidden.original)
    let (before, after) = (whole.cost, whole.removing(removal).cost)
    func share(_ measure: (Cost) -> Int) -> Double {
      1 - Double(measure(after)) / Double(max(1, measure(before)))
    }
    return Catalog.Reduction(parameters: share(\.parameters), macs: share(\.macs))
  }
}
