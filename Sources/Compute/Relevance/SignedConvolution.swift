import Synchronization

/// A convolution whose weights are used apart by their signs, as relevance does: what the loops
/// read of them is laid out once for each shape of planes and kept for the next batches, on
/// whichever thread.
public final class SignedConvolution: Sendable {
  /// [outputChannels, inputChannels / groups, k, k]
  public let weight: Tensor
  public let stride: Int
  /// Rows and columns of zeros on each side of the input.
  public let padding: Int
  public let groups: Int
  private let layouts = Mutex<[Layout: SignedWeights]>([:])

  /// Which weights are used together, and the shape of the planes that they read.
  enum Layout: Hashable {
    /// Of outputs.
    case sums(PlaneShape)
    /// Of inputs, or one of their phases.
    case gradient(phase: Int, PlaneShape)
    /// Of one of the bands of the batch-innermost layout.
    case lanes(band: Int, adjoint: Bool, PlaneShape)
  }

  /// - Parameter padding: nil for half the kernel.
  public init(_ weight: Tensor, stride: Int, padding: Int? = nil, groups: Int = 1) {
    self.weight = weight
    self.stride = stride
    self.padding = padding ?? weight.shape[2] / 2
    self.groups = groups
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
