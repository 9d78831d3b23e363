import Network
import Specification
import Training

/// How much the loss would change without a channel, to first order (Molchanov et al. 2019, arXiv
/// 1906.10771, eq. 8).
///
/// importance(o) = mean over batches of ( sum over images and pixels of dL/dy[o] * y[o] )^2, y
/// being what batch norm makes of the channel: a gate behind batch norm, as the authors place it,
/// whose value is 1. L is the batch's mean cross entropy. As in training, batch norm uses the
/// batch's statistics; the running ones stay as they are.
public struct TaylorExpansion: ImportanceCriterion {
  public static let description = Catalog.Criterion(name: "taylor")

  public init(options: CriterionOptions) {}

  public func importance(of network: Network, on data: ScoringData) -> [String: [Double]] {
    var sums: [String: [Double]] = [:]
    var batches = 0.0
    let loss = CrossEntropy()
    network.keepingRunningStatistics {
      data.forEachBatch { images, labels in
        let pass = network.train(images)
        let gradient = loss(pass.logits, labels: labels).gradient
        network.backward(pass, gradient)
        return network.gateGradients
      } add: { gradients, _ in
        for (layer, gradients) in gradients { sums.add(gradients.map { $0 * $0 }, to: layer) }
        batches += 1
      }
    }
    return sums.mapValues { $0.map { $0 / max(1, batches) } }
  }
}
