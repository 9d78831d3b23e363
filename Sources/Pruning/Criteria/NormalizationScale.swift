import Network
import Specification

/// Absolute scale of a channel's batch norm (network slimming: Liu et al. 2017, arXiv 1708.06519).
///
/// importance(o) = | gamma[o] |. Slimming also trains with a penalty on the scales, which is not
/// part of the criterion here. A hidden unit of a classifier has no batch norm, and is scored by
/// the Euclidean norm of its weights.
struct NormalizationScale: ImportanceCriterion {
  static let description = Catalog.Criterion(name: "bn_scale", readsImages: false)

  init(options: CriterionOptions) {}

  func importance(of network: Network, on data: ScoringData) -> [String: [Double]] {
    L2Norm(options: CriterionOptions()).importance(of: network, on: data)
      .merging(network.normalizationScales.mapValues { $0.values.map { Double(abs($0)) } }) { $1 }
  }
}
