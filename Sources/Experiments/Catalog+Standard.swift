import Architectures
import Datasets
import Pruning
import Specification

extension Catalog {
  /// Everything that the registries hold.
  public static var standard: Catalog {
    var catalog = Catalog(
      datasets: DatasetRegistry.all.map(\.description), architectures: ArchitectureRegistry.entries,
      criteria: CriterionRegistry.entries, layerKinds: ArchitectureRegistry.layerKinds,
      outline: ArchitectureRegistry.outline,
      largestReduction: { architecture, prune in
        (try? ArchitectureRegistry.graph(architecture)).map {
          PruningSchedule.largestReduction(of: $0, prune)
        }
      })
    catalog.weightsProblem = \.weightsProblem
    return catalog
  }
}
