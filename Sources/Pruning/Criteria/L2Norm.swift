import Network
import Specification

/// Euclidean norm of a channel's filter (Li et al. 2017, arXiv 1608.08710, section 4.4).
///
/// importance(o) = sqrt( sum over c, u, v of W[o, c, u, v]^2 )
struct L2Norm: ImportanceCriterion {
  static let description = Catalog.Criterion(name: "l2_norm", readsImages: false)

  init(options: CriterionOptions) {}

  func importance(of network: Network, on data: ScoringData) -> [String: [Double]] {
    network.filters.mapValues { weight in
      filters(of: weight).map { $0.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() }
    }
  }
}
