import Architectures
import Datasets
import Pruning
import Specification

extension Catalog {
  /// The contents of all registries.
  public static var standard: Catalog {
    var catalog = Catalog(
      datasets: DatasetRegistry.all.map(\.description), architectures: ArchitectureRegistry.entries,
      criteria: CriterionRegistry.entries, layerKinds: ArchitectureRegistry.layerKinds,
      outline: ArchitectureRegistry.outline,
      largestReduction: { LargestReductions.known.of($0, $1) })
    catalog.weightsProblem = \.weightsProblem
    return catalog
  }
}

/// Cache of the largest reductions of networks, with every layer at its floor. Experiments that
/// differ only in their target have the same.
private struct LargestReductions {
  static let known = LargestReductions()

  private struct Question: Equatable, Sendable {
    var architecture: ArchitectureSpec
    var prune: PruneSpec
  }

  private let answers = RecentValues<Question, Catalog.Reduction>()

  func of(_ architecture: ArchitectureSpec, _ prune: PruneSpec) -> Catalog.Reduction? {
    var question = Question(architecture: architecture, prune: prune)
    question.prune.target = .ratio(1)
    return try? answers.value(for: question) { () throws(ArchitectureError) in
      PruningSchedule.largestReduction(of: try ArchitectureRegistry.graph(architecture), prune)
    }
  }
}
