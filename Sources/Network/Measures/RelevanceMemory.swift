import Compute

/// What propagating relevance needs: each thread takes a few images through the whole network, in
/// single precision.
public struct RelevanceMemory: Equatable, Sendable {
  /// Largest number of images per part. It depends only on the size of the network, so that results
  /// do not depend on the number of threads.
  let imagesAtATime: Int
  /// Bytes of the outputs of all convolutions for an image.
  private let outputs: Int
  /// Bytes of the weights.
  private let parameters: Double

  public init(_ graph: Graph) {
    let planes = graph.nodes.indices.filter { graph.nodes[$0].operation is Convolution }
      .map { graph.shape(graph.output(of: $0)).planes(images: 1) }
    parameters = Double(Precision.float32.bytes) * Double(graph.cost.parameters)
    outputs = planes.map { $0.bytesWithBorders(.float32) }.reduce(0, +)
    imagesAtATime = max(1, min(16, (40 << 20) / max(1, planes.map { $0.bytes(.float32) }.reduce(0, +))))
  }

  /// Whether parts run one after the other, the threads sharing each layer.
  static func sharesLayers(parts: Int, threads: Int) -> Bool { parts == 1 || 2 * parts < threads }

  /// Ranges of equal size that a batch is cut into, so that buffers are reused.
  func parts(of images: Int) -> [Range<Int>] {
    let wanted = max(1, (images + imagesAtATime - 1) / imagesAtATime)
    let size = max(1, (images + wanted - 1) / wanted)
    return stride(from: 0, to: images, by: size).map { $0..<min(images, $0 + size) }
  }

  /// Parts of a batch that are in memory at the same time.
  public func partsAtATime(images: Int, threads: Int) -> Int {
    let parts = parts(of: images).count
    return Self.sharesLayers(parts: parts, threads: threads) ? 1 : min(parts, threads)
  }

  /// Bytes for a batch.
  public func bytes(images: Int, threads: Int) -> Double {
    let inMemory = partsAtATime(images: images, threads: threads) * (parts(of: images).first?.count ?? 0)
    // Weights, gradients, momentum, and the weights apart by sign. Three planes are saved per
    // layer; with what is needed meanwhile, ResNet-20 and ResNet-56 take four in all.
    return 5 * parameters + 4 * Double(inMemory) * Double(outputs)
  }
}
