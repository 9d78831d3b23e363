import Compute
import Network
import Specification

/// An importance criterion scores channels: the only part in which pruning methods differ here.
///
/// All criteria share normalization, ranking and schedule. To add one, write a file with its type
/// in `Criteria`, and add a line to `CriterionRegistry`.
public protocol ImportanceCriterion: Sendable {
  /// Its name and options in an experiment file.
  static var description: Catalog.Criterion { get }

  /// - Parameter options: a value for every option of `description` that has a default value.
  init(options: CriterionOptions)

  /// Importance of every remaining channel, by layer, before normalization: not negative, larger is
  /// more important.
  ///
  /// - Returns: a value for each channel of each channel group, and of other layers that the
  ///   criterion can score.
  func importance(of network: Network, on data: ScoringData) -> [String: [Double]]
}

/// All criteria.
public enum CriterionRegistry {
  public static let all: [any ImportanceCriterion.Type] = [
    FeatureRelevance.self,
    L1Norm.self,
    L2Norm.self,
    GeometricMedian.self,
    NormalizationScale.self,
    TaylorExpansion.self,
    ActiveShare.self,
    RandomImportance.self,
  ]

  /// Names and options in experiment files.
  public static var entries: [Catalog.Criterion] { all.map { $0.description } }

  /// Whether scoring computes gradients, see ``Catalog/Criterion/takesGradients``.
  public static func takesGradients(_ prune: PruneSpec?) -> Bool {
    entries.contains { $0.name == prune?.criterion && $0.takesGradients }
  }

  /// Whether scores depend on the training images, see ``Catalog/Criterion/readsImages``.
  public static func readsImages(_ prune: PruneSpec?) -> Bool {
    entries.contains { $0.name == prune?.criterion && $0.readsImages }
  }

  /// The criterion with this name; nil if there is none. Missing options have their default values.
  public static func make(_ name: String, options: CriterionOptions = [:]) -> (any ImportanceCriterion)? {
    guard let type = all.first(where: { $0.description.name == name }) else { return nil }
    let defaults = type.description.options.reduce(into: CriterionOptions()) { $0[$1.name] = $1.defaultValue }
    return type.init(options: defaults.merging(options) { _, given in given })
  }
}
