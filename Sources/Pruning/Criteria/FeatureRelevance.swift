import Compute
import Foundation
import Network
import Specification

/// Feature relevance scores (Aketi et al. 2020, arXiv 2002.09958, section III).
///
/// A channel's relevance for an image is the relevance that layer-wise relevance propagation
/// redistributes to it from the true class, averaged over its pixels. With r(c, channel) its mean
/// over the images of class c,
///
/// importance(channel) = | mean over classes of s_c * r(c, channel) |, s_c = sigmoid(1 /
/// (accuracy_c / best class's accuracy)), 1 for a class that is never predicted right.
///
/// An image whose relevance at a channel is not finite is excluded from that channel's mean. The
/// importance of a channel without any finite image is not a number.
public struct FeatureRelevance: ImportanceCriterion {
  public static let description = Catalog.Criterion(
    name: "feature_relevance",
    options: [
      .init(
        name: "alpha", .number(1...10), default: 2,
        "Weight of positive contributions in the alpha-beta rule."),
      .init(
        name: "beta", .number(0...9), default: nil,
        "Weight of negative contributions; default: alpha - 1, which conserves relevance."),
      .init(
        name: "class_scale", .word(ClassScale.allCases.map(\.rawValue)), default: "sigmoid",
        "`sigmoid`: well classified classes count less; `none`: all classes count the same."),
      .init(
        name: "last_convolution", .word(RelevanceRule.LastConvolution.allCases.map(\.rawValue)),
        default: "output",
        "Relevance that scores a residual block's last convolution: of the block's `output` or of its `branch`."
      ),
    ])

  /// Weight of a class's mean relevance.
  enum ClassScale: String, CaseIterable {
    /// s_c.
    case sigmoid
    /// 1, as in the paper's experiments on ImageNet.
    case none
  }

  private let rule: RelevanceRule
  private let classScale: ClassScale

  public init(options: CriterionOptions) {
    rule = RelevanceRule(
      alpha: Float(options["alpha"]?.number ?? 2), beta: options["beta"]?.number.map { Float($0) },
      lastConvolution: options["last_convolution"]?.word.flatMap(RelevanceRule.LastConvolution.init)
        ?? .output)
    classScale = options["class_scale"]?.word.flatMap(ClassScale.init) ?? .sigmoid
  }

  public func importance(of network: Network, on data: ScoringData) -> [String: [Double]] {
    var classes = ClassAccuracy(classes: network.classes)
    var sums: [String: ClassMeans] = [:]
    let propagation = RelevancePropagation(network, rule: rule)
    data.forEachBatch { images, labels in
      let (logits, relevances) = propagation.relevances(images, labels: labels)
      // No layer has an empty name.
      return relevances.mapValues { $0.values.map(Double.init) }
        .merging(["": logits.values.map(Double.init)]) { $1 }
    } add: { values, labels in
      for (layer, values) in values {
        if layer.isEmpty {
          classes.count(values, labels: labels)
        } else {
          let channels = values.count / labels.count
          sums[layer, default: ClassMeans(classes: network.classes, channels: channels)]
            .add(values, labels: labels)
        }
      }
    }
    let scales = classScale == .sigmoid ? classes.scales : classes.scales.map { _ in 1 }
    return sums.mapValues { $0.importance(scales: scales, present: classes.present) }
  }
}

/// Accuracy of each class, and the class weight that follows from it.
struct ClassAccuracy {
  private var right: [Int]
  private var images: [Int]

  init(classes: Int) {
    right = [Int](repeating: 0, count: classes)
    images = [Int](repeating: 0, count: classes)
  }

  /// - Parameter logits: `[images, classes]`
  mutating func count(_ logits: [Double], labels: [Int]) {
    let classes = images.count
    for (image, label) in labels.enumerated() {
      let row = logits[image * classes..<(image + 1) * classes]
      images[label] += 1
      if row.firstIndex(of: row.max() ?? .nan) == row.startIndex + label { right[label] += 1 }
    }
  }

  var accuracies: [Double] {
    zip(right, images).map { $1 == 0 ? 0 : Double($0) / Double($1) }
  }

  var present: [Bool] { images.map { $0 > 0 } }

  /// s_c of each class.
  var scales: [Double] {
    let best = accuracies.max() ?? 0
    return accuracies.map { $0 == 0 ? 1 : 1 / (1 + exp(-1 / ($0 / best))) }
  }
}

/// Sums of a layer's relevance over the images of each class.
struct ClassMeans {
  private let channels: Int
  private var sums: [Double]
  private var counts: [Int]

  init(classes: Int, channels: Int) {
    self.channels = channels
    sums = [Double](repeating: 0, count: classes * channels)
    counts = [Int](repeating: 0, count: classes * channels)
  }

  /// - Parameter relevance: `[images, channels]`
  mutating func add(_ relevance: [Double], labels: [Int]) {
    for (image, label) in labels.enumerated() {
      for channel in 0..<channels {
        let value = relevance[image * channels + channel]
        guard value.isFinite else { continue }
        sums[label * channels + channel] += value
        counts[label * channels + channel] += 1
      }
    }
  }

  func importance(scales: [Double], present: [Bool]) -> [Double] {
    let classes = present.indices.filter { present[$0] }
    return (0..<channels).map { channel in
      guard classes.contains(where: { counts[$0 * channels + channel] > 0 }) else { return .nan }
      let total = classes.reduce(0.0) { sum, label in
        let index = label * channels + channel
        return counts[index] == 0 ? sum : sum + scales[label] * sums[index] / Double(counts[index])
      }
      return abs(total / Double(max(1, classes.count)))
    }
  }
}
