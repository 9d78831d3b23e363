import Compute
import Synchronization

/// Layer-wise relevance propagation through a network as it is now, for any number of batches (arXiv 2002.09958, section III).
///
/// In evaluation mode no image's values depend on another's. So each thread takes a few images through the whole network,
/// forward and back, and waits for no other at the end of every layer.
public final class RelevancePropagation {
  private let network: Network
  private let rule: RelevanceRule
  private let convolutions: [String: SignedConvolution]
  /// Networks that share the parameters, for threads to take.
  private let idle = Mutex(Idle())

  private struct Idle: @unchecked Sendable {
    var networks: [Network] = []
  }

  /// - Parameter network: not to be trained or pruned while this is used.
  public init(_ network: Network, rule: RelevanceRule = .standard) {
    self.network = network
    self.rule = rule
    convolutions = Dictionary(
      uniqueKeysWithValues: network.units.map(\.convolution).map {
        ($0.name, SignedConvolution($0.weight.value, stride: $0.stride))
      })
  }

  /// Relevance of every prunable channel for each image, `[images, channels]`, by channel group.
  ///
  /// Starts from R = 1 at the true class before the softmax. A channel's relevance is the mean over its pixels.
  ///
  /// - Parameter images: `[channels, images, rows, columns]`, as many as labels.
  public func relevances(
    _ images: [Float], labels: [Int]
  ) -> (logits: Tensor, relevances: [String: Tensor]) {
    let input = network.input
    precondition(
      images.count == labels.count * input.channels * input.rows * input.columns,
      "\(images.count) values are not \(labels.count) images of \(input)")
    let parts = parts(of: labels.count)
    let found = Mutex<[Int: (logits: Tensor, relevances: [String: Tensor])]>([:])
    // Too few parts for the threads go one after the other, and threads share each layer: the same bits, if not as fast.
    let engine = network.engine
    let sharesLayers = parts.count == 1 || 2 * parts.count < engine.threads
    func propagate(_ index: Int) {
      let own = parts[index]
      let part = withNetwork(threads: sharesLayers ? engine.threads : 1) {
        $0.relevancesAtOnce(select(own, of: images, count: labels.count), labels: Array(labels[own]))
      }
      found.withLock { $0[index] = part }
    }
    if sharesLayers { parts.indices.forEach(propagate) } else { engine.parallel(parts.count, propagate) }
    let ordered = found.withLock { found in parts.indices.compactMap { found[$0] } }
    return (
      Tensor(joining: ordered.map(\.logits), columns: network.classes),
      Dictionary(
        uniqueKeysWithValues: (ordered.first?.relevances ?? [:]).map { layer, first in
          (layer, Tensor(joining: ordered.compactMap { $0.relevances[layer] }, columns: first.shape[1]))
        })
    )
  }

  /// Of even sizes, for which buffers fit again and again.
  private func parts(of count: Int) -> [Range<Int>] {
    let wanted = max(1, (count + imagesAtATime - 1) / imagesAtATime)
    let size = max(1, (count + wanted - 1) / wanted)
    return stride(from: 0, to: count, by: size).map { $0..<min(count, $0 + size) }
  }

  /// At most: by the size of the network alone, as results do not depend on the number of threads. Three planes are kept of
  /// each layer.
  private var imagesAtATime: Int {
    let outputs = network.units.map { $0.convolution.outputShape(images: 1).bytes }.reduce(0, +)
    return max(1, min(16, (40 << 20) / max(1, outputs)))
  }

  /// Some of `count` images.
  private func select(_ own: Range<Int>, of images: [Float], count: Int) -> [Float] {
    let pixels = network.input.rows * network.input.columns
    return (0..<network.input.channels).flatMap { channel in
      images[(channel * count + own.lowerBound) * pixels..<(channel * count + own.upperBound) * pixels]
    }
  }

  private func withNetwork<Result>(threads: Int, _ body: (Network) -> Result) -> Result {
    let known = idle.withLock { idle in
      idle.networks.lastIndex { $0.engine.threads == threads }.map { idle.networks.remove(at: $0) }
    }
    let own = known ?? makeNetwork(threads: threads)
    defer { idle.withLock { $0.networks.append(own) } }
    return body(own)
  }

  private func makeNetwork(threads: Int) -> Network {
    let engine = threads == 1 ? network.engine.single() : network.engine
    let made = Network(sharingParametersOf: network, engine: engine)
    made.context.rule = rule
    made.context.convolutions = convolutions
    return made
  }
}

extension Network {
  /// Relevance of one batch; see ``RelevancePropagation``.
  public func relevances(
    _ images: [Float], labels: [Int], rule: RelevanceRule = .standard
  ) -> (logits: Tensor, relevances: [String: Tensor]) {
    RelevancePropagation(self, rule: rule).relevances(images, labels: labels)
  }
}

extension Tensor {
  /// Rows of tensors with as many columns, one after the other.
  fileprivate init(joining parts: [Tensor], columns: Int) {
    self.init(shape: [parts.reduce(0) { $0 + $1.shape[0] }, columns], values: parts.flatMap(\.values))
  }
}
