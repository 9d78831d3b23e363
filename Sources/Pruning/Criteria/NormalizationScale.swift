import Network
import Specification

/// The factor by which batch norm scales a channel (network slimming: Liu et al. 2017, arXiv
/// 1708.06519).
///
/// importance(o) = | gamma[o] |. Slimming also trains with a penalty on the factors, which is not
/// part of a criterion here. A hidden unit of a classifier has no batch norm: the Euclidean norm of
/// its weights stands in.
public struct NormalizationScale: ImportanceCriterion {
  public static let description = Catalog.Criterion(name: "bn_scale")

  public init(options: CriterionOptions) {}

  public func importance(of network: Network, on data: ScoringData) -> [String: [Double]] {
    L2Norm(options: CriterionOptions()).importance(of: network, on: data)
      .merging(network.normalizationScales.mapValues { $0.values.map { Double(abs($0)) } }) { $1 }
  }
}
