import Network
import Specification

/// Share of a channel's activations that are positive (Hu et al. 2016, arXiv 1607.03250, eq. 1).
///
/// importance(o) = 1 - APoZ(o), where APoZ is the average percentage of zeros of the channel after
/// its ReLU, over images and pixels. The last convolution of a residual block is scored after the
/// ReLU that follows the sum with the shortcut.
struct ActiveShare: ImportanceCriterion {
  static let description = Catalog.Criterion(name: "apoz")

  init(options: CriterionOptions) {}

  func importance(of network: Network, on data: ScoringData) -> [String: [Double]] {
    var sums: [String: [Double]] = [:]
    var count = 0.0
    data.forEachBatch { images, _ in
      network.positiveShares(images)
    } add: { shares, labels in
      for (layer, shares) in shares { sums.add(shares.map { $0 * Double(labels.count) }, to: layer) }
      count += Double(labels.count)
    }
    return sums.mapValues { $0.map { $0 / max(1, count) } }
  }
}
