import Compute

/// Purpose of a forward pass, which decides what operations compute and save.
public enum ForwardMode: Sendable {
  /// Batch statistics and dropout; saves what the backward pass reads.
  case training
  /// Running statistics; saves nothing.
  case evaluation
  /// Running statistics; saves what the relevance backward pass reads, with positive and negative
  /// contributions separated.
  case relevance
}

/// State that the operations of one pass share: the engine, and how to compute.
public struct Run {
  let engine: Engine
  let mode: ForwardMode
  /// Of activations and their gradients; a pass that computes relevance is in single precision.
  let precision: Precision
  /// How convolutions are computed in the forward pass.
  var method = ConvolutionMethod.fastest
  /// Random stream of dropout, shared by the layers in order; nil without dropout.
  var dropout: RandomStream?
  var rule = RelevanceRule.standard
  /// By value: whether its relevance is needed.
  var relevanceWanted: [Bool] = []
  /// Weights split by sign, by node, in a pass that computes relevance.
  var signedConvolutions: [Int: SignedConvolution] = [:]
  /// Collects the times of layers, if set.
  var profile: LayerProfile?
  /// Recomputation threshold: an output within a residual branch with more elements is recomputed
  /// for the backward pass instead of saved.
  var recomputationThreshold = Run.recomputationThreshold

  /// 12 MiB: recomputation costs one pass over data that no cache holds, and saves a fifth of the
  /// memory.
  static let recomputationThreshold = 3 << 20

  init(engine: Engine, mode: ForwardMode, precision: Precision = .float32) {
    precondition(mode != .relevance || precision == .float32, "relevance is in single precision")
    self.engine = engine
    self.mode = mode
    self.precision = precision
  }

  /// Planes for a value, or its gradient, whose pixels are unspecified.
  func planes(_ shape: PlaneShape) -> Planes {
    precision.planes(shape)
  }

  func wantsRelevance(_ value: Graph.Value) -> Bool { relevanceWanted[value.index] }
}

extension Precision {
  /// That of maps of this size: vectors, the logits among them, are small, and stay in single
  /// precision.
  func ofMaps(pixels: Int) -> Precision { pixels > 1 ? self : .float32 }

  func ofMaps(_ shape: PlaneShape) -> Precision { ofMaps(pixels: shape.rows * shape.columns) }

  /// Planes for a value, or its gradient, whose pixels are unspecified.
  func planes(_ shape: PlaneShape) -> Planes {
    Planes(uninitialized: shape, precision: ofMaps(shape))
  }
}

/// The alpha-beta rule of layer-wise relevance propagation (Bach et al. 2015, eq. 60), which
/// conserves relevance if alpha - beta = 1.
public struct RelevanceRule: Equatable, Sendable {
  public var alpha: Float
  public var beta: Float
  /// Where to score the channels of a residual block's last convolution.
  public var lastConvolution: LastConvolution

  public enum LastConvolution: String, CaseIterable, Sendable {
    /// By the relevance of the block's output, as in the program of arXiv 2002.09958.
    case output
    /// By the branch's part of that relevance.
    case branch
  }

  /// alpha = 2, beta = 1, as in arXiv 2002.09958.
  public static let standard = RelevanceRule(alpha: 2)

  /// - Parameter beta: alpha - 1 if not given.
  public init(alpha: Float, beta: Float? = nil, lastConvolution: LastConvolution = .output) {
    self.alpha = alpha
    self.beta = beta ?? alpha - 1
    self.lastConvolution = lastConvolution
  }

  /// Keeps denominators away from zero.
  static let stabilizer: Float = 1e-9
}
