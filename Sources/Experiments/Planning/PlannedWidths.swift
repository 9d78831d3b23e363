import Architectures
import Network
import Pruning
import Specification

/// Size of a network between two pruning steps, if all layers lose the same share of channels.
struct PlannedWidth: Encodable {
  /// The epoch of the step before it; 0 for the beginning.
  var epoch: Int
  /// Prunable ones.
  var channels: Int
  var parameters: Int
  var macs: Int
}

/// The networks of an experiment from pruning step to pruning step.
struct PlannedWidths {
  let spec: ExperimentSpec

  /// All settings that the widths depend on.
  private struct Question: Equatable, Sendable {
    var architecture: ArchitectureSpec
    var prune: PruneSpec?
    var epochs: Int
  }

  private static let known = RecentValues<Question, [PlannedWidth]>()

  /// The width at the beginning and after each pruning step. The experiments of a matrix often have
  /// the same widths, which are computed once.
  func all() throws(ToolError) -> [PlannedWidth] {
    var question = Question(
      architecture: spec.architecture, prune: spec.prune, epochs: spec.train.epochs)
    // Scores are those of ``walk(_:_:)``.
    question.prune?.criterion = ""
    question.prune?.samples = nil
    return try Self.known.value(for: question) { () throws(ToolError) in
      var widths: [PlannedWidth] = []
      walk(try spec.structure()) { width, _ in widths.append(width) }
      return widths
    }
  }

  /// Prunes a network with scores for which all layers lose the same share of channels.
  ///
  /// - Parameter visit: called with every width, and what the step before it removed.
  func walk(_ whole: PrunableGraph, _ visit: (PlannedWidth, _ removed: [String: Set<Int>]) -> Void) {
    var network = whole
    func show(after epoch: Int, _ removed: [String: Set<Int>]) {
      let cost = network.cost
      visit(
        PlannedWidth(
          epoch: epoch, channels: network.prunableChannels(by: spec.prune), parameters: cost.parameters,
          macs: cost.macs),
        removed)
    }
    show(after: 0, [:])
    guard let prune = spec.prune else { return }
    let schedule = PruningSchedule(prune, epochs: spec.train.epochs)
    for epoch in schedule.epochs {
      let scores = Dictionary(
        uniqueKeysWithValues: (network.channelGroups + network.streamGroups).map { group in
          (group.name, group.kept.indices.map { (Double($0) + 0.5) / Double(group.kept.count) })
        })
      let removals = schedule.removals(after: epoch, graph: network, scores: scores)
      network = network.removing(removals)
      show(after: epoch, removals)
    }
  }
}
