import Network
import Specification

/// Sum of the absolute weights of a channel's filter (Li et al. 2017, arXiv 1608.08710).
///
/// importance(o) = sum over c, u, v of | W[o, c, u, v] |
struct L1Norm: ImportanceCriterion {
  static let description = Catalog.Criterion(name: "l1_norm", readsImages: false)

  init(options: CriterionOptions) {}

  func importance(of network: Network, on data: ScoringData) -> [String: [Double]] {
    network.filters.mapValues { weight in
      filters(of: weight).map { $0.reduce(0.0) { $0 + Double(abs($1)) } }
    }
  }
}
