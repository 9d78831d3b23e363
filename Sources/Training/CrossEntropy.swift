import Compute
import Foundation

/// Softmax cross entropy with label smoothing (Szegedy et al. 2015, arXiv 1512.00567, section 7).
///
/// loss = mean over images of -sum over classes k of q_k log p_k, q = (1 - smoothing) * onehot +
/// smoothing / classes.
public struct CrossEntropy: Sendable {
  public let labelSmoothing: Double

  public init(labelSmoothing: Double = 0) {
    self.labelSmoothing = labelSmoothing
  }

  /// Loss of one batch, and its gradient.
  public struct Result: Sendable {
    /// Mean over the batch's images.
    public var loss: Double
    /// Gradient of the loss with respect to the logits, `[images, classes]`.
    public var gradient: Tensor
  }

  /// - Parameters:
  ///   - logits: `[images, classes]`.
  ///   - labels: the true class of each image.
  public func callAsFunction(_ logits: Tensor, labels: [Int]) -> Result {
    let classes = logits.shape[1]
    var gradient = Tensor(shape: logits.shape)
    var loss = 0.0
    let spread = labelSmoothing / Double(classes)
    for (image, label) in labels.enumerated() {
      let row = image * classes..<(image + 1) * classes
      let values = logits.values[row].map(Double.init)
      let largest = values.max() ?? 0
      let exponentials = values.map { exp($0 - largest) }
      let sum = exponentials.reduce(0, +)
      for k in 0..<classes {
        let target = spread + (k == label ? 1 - labelSmoothing : 0)
        if target > 0 { loss -= target * (values[k] - largest - log(sum)) }
        gradient.values[row.lowerBound + k] = Float((exponentials[k] / sum - target) / Double(labels.count))
      }
    }
    return Result(loss: loss / Double(labels.count), gradient: gradient)
  }
}

/// Counts images whose true class is the first, or among the first five, by logit.
public struct Hits: Codable, Equatable, Sendable {
  public var top1 = 0
  public var top5 = 0
  public var images = 0

  mutating func add(_ other: Hits) {
    top1 += other.top1
    top5 += other.top5
    images += other.images
  }

  /// Counts a batch; ties go to the lower class.
  public mutating func count(_ logits: Tensor, labels: [Int]) {
    let classes = logits.shape[1]
    for (image, label) in labels.enumerated() {
      let row = logits.values[image * classes..<(image + 1) * classes]
      let own = row[row.startIndex + label]
      let better = zip(0..., row).count { $0.1 > own || ($0.1 == own && $0.0 < label) }
      if own.isFinite {
        top1 += better < 1 ? 1 : 0
        top5 += better < 5 ? 1 : 0
      }
      images += 1
    }
  }

  /// Percent.
  public var top1Accuracy: Double { images == 0 ? 0 : 100 * Double(top1) / Double(images) }
  /// Percent.
  public var top5Accuracy: Double { images == 0 ? 0 : 100 * Double(top5) / Double(images) }
}
