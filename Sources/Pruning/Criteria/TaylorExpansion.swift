import Network
import Specification
import Training

/// First-order estimate of the change of the loss without a channel (Molchanov et al. 2019, arXiv
/// 1906.10771, eq. 8).
///
/// importance(o) = mean over batches of ( sum over images and pixels of dL/dy[o] * y[o] )^2, where
/// y is the channel after batch norm: the authors place a gate with value 1 there. L is the mean
/// cross entropy of the batch. As in training, batch norm uses the batch statistics; the running
/// statistics do not change.
struct TaylorExpansion: ImportanceCriterion {
  static let description = Catalog.Criterion(name: "taylor", takesGradients: true)

  init(options: CriterionOptions) {}

  func importance(of network: Network, on data: ScoringData) -> [String: [Double]] {
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
