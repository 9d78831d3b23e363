import Compute
import Network
import Specification

/// How important channels are: the one thing in which pruning methods differ here.
///
/// All criteria go through the same normalization, ranking and schedule. To add one: a file with
/// its type under `Criteria`, and a line in `CriterionRegistry`.
public protocol ImportanceCriterion: Sendable {
  /// Its name and options in an experiment file.
  static var description: Catalog.Criterion { get }

  /// - Parameter options: a value for every option of `description` that has a default value.
  init(options: CriterionOptions)

  /// Importance of every channel that is left, by layer, before normalization: not negative, larger
  /// is more important.
  ///
  /// - Returns: for each channel group, and any layer besides that the criterion can score, a value
  ///   for each channel.
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

  /// What an experiment file may name.
  public static var entries: [Catalog.Criterion] { all.map { $0.description } }

  /// The criterion of that name; nil if there is none. Options that are not given have their
  /// default value.
  public static func make(_ name: String, options: CriterionOptions = [:]) -> (any ImportanceCriterion)? {
    guard let type = all.first(where: { $0.description.name == name }) else { return nil }
    let defaults = type.description.options.reduce(into: CriterionOptions()) { $0[$1.name] = $1.defaultValue }
    return type.init(options: defaults.merging(options) { _, given in given })
  }
}
