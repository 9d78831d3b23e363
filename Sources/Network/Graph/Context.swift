import Compute

/// What a pass through the network is for, which decides what layers compute and keep.
public enum Pass: Sendable {
  /// Batch statistics, dropout; activations are kept for the backward pass.
  case training
  /// Running statistics; nothing is kept.
  case evaluation
  /// Running statistics; activations are kept to be looked at.
  case activations
  /// Running statistics; activations are kept for the relevance pass, and what convolutions sum up by their weights' signs.
  case relevance
}

/// How relevance goes back through the network: the alpha-beta rule of layer-wise relevance propagation (Bach et al. 2015,
/// eq. 60), whose relevance is conserved where alpha - beta = 1.
public struct RelevanceRule: Equatable, Sendable {
  public var alpha: Float
  public var beta: Float
  /// Where the channels of a residual block's last convolution are judged.
  public var lastConvolution: LastConvolution

  public enum LastConvolution: String, CaseIterable, Sendable {
    /// By the relevance of the block's output, as the program of arXiv 2002.09958 does.
    case output
    /// By the branch's share of that.
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

/// What layers share during one pass: the engine, buffers, and where dropout's random numbers come from.
final class Context {
  let engine: Engine
  let pool: PlanePool
  var pass: Pass = .evaluation
  var dropout: RandomStream?
  var rule = RelevanceRule.standard
  /// By layer, in a pass that computes relevance.
  var convolutions: [String: SignedConvolution] = [:]
  /// Whether relevance, in a pass that computes it, is wanted at the input of the layer that runs forward.
  var relevanceGoesOn = true
  /// How the forward pass convolves.
  var method = ConvolutionMethod.fastest
  /// Elements of outputs within a residual branch beyond which they are computed again for the backward pass, rather than
  /// kept: one pass over what no cache holds, for a fifth less memory. 12 MiB.
  var mostKept = 3 << 20
  /// Gathers how long layers take, where that is wanted.
  var profile: LayerProfile?

  init(engine: Engine) {
    self.engine = engine
    pool = PlanePool()
  }

  /// Whether layers must keep their activations for a pass back.
  var keepsActivations: Bool { pass != .evaluation }
}
