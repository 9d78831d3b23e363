/// What propagating relevance needs: each thread takes a few images through the whole network, in
/// single precision.
public struct RelevanceMemory: Equatable, Sendable {
  /// Largest number of images per part. It depends only on the size of the network, so that results
  /// do not depend on the number of threads.
  let imagesAtATime: Int
  /// Bytes of the outputs of all convolutions for an image.
  private let outputs: Int

  public init(_ graph: Graph) {
    let planes = graph.nodes.indices.filter { graph.nodes[$0].operation is Convolution }
      .map { graph.shape(graph.output(of: $0)).planes(images: 1) }
    outputs = planes.map { $0.bytesWithBorders(.float32) }.reduce(0, +)
    imagesAtATime = max(1, min(16, (40 << 20) / max(1, planes.map { $0.bytes(.float32) }.reduce(0, +))))
  }

  /// Whether parts run one after the other, the threads sharing each layer.
  static func sharesLayers(parts: Int, threads: Int) -> Bool { parts == 1 || 2 * parts < threads }

  /// Bytes for a batch.
  public func bytes(images: Int, threads: Int) -> Double {
    let parts = max(1, (images + imagesAtATime - 1) / imagesAtATime)
    let sideBySide = Self.sharesLayers(parts: parts, threads: threads) ? 1 : min(parts, threads)
    // Three planes are saved per layer; with what is needed meanwhile, ResNet-20 and ResNet-56 take
    // four in all.
    return 4 * Double(sideBySide) * Double(min(images, imagesAtATime)) * Double(outputs)
  }
}
