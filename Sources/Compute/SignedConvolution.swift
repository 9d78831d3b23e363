import Synchronization

/// A convolution whose weights are used apart by their signs, as relevance does: what the loops read of them is laid out once
/// for each shape of planes and kept for the next batches, on whichever thread.
public final class SignedConvolution: Sendable {
  /// [outputChannels, inputChannels, k, k], k odd.
  public let weight: Tensor
  public let stride: Int
  private let layouts = Mutex<[Layout: SignedWeights]>([:])

  /// Which weights are read by which planes' distances.
  struct Layout: Hashable {
    /// Nil for all weights of an output; else those of an input's phase.
    let gradientPhase: Int?
    /// Of the planes that are read: their geometry, whatever their channels.
    let images: Int
    let rows: Int
    let columns: Int

    init(gradientPhase: Int? = nil, reading planes: PlaneShape) {
      self.gradientPhase = gradientPhase
      images = planes.images
      rows = planes.rows
      columns = planes.columns
    }
  }

  public init(_ weight: Tensor, stride: Int) {
    self.weight = weight
    self.stride = stride
  }

  func weights(_ layout: Layout, _ make: () -> SignedWeights) -> SignedWeights {
    layouts.withLock { layouts in
      if let known = layouts[layout] { return known }
      let made = make()
      layouts[layout] = made
      return made
    }
  }
}
