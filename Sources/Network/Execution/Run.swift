import Compute

/// What a forward pass is for, which decides what operations compute and keep.
public enum ForwardMode: Sendable {
  /// The batch's statistics and dropout; what the backward pass reads is kept.
  case training
  /// Running statistics; nothing is kept.
  case evaluation
  /// Running statistics; what relevance's way back reads is kept, with positive and negative
  /// contributions apart.
  case relevance
}

/// What the operations of one pass share: the engine and how they are to compute.
public struct Run {
  let engine: Engine
  let mode: ForwardMode
  /// How convolutions are computed on the way forward.
  var method = ConvolutionMethod.fastest
  /// What dropout draws from, one layer after the other; nil where nothing is dropped.
  var dropout: RandomStream?
  var rule = RelevanceRule.standard
  /// By value: whether relevance is wanted there.
  var relevanceWanted: [Bool] = []
  /// Weights sorted by sign, by node, in a pass that computes relevance.
  var signedConvolutions: [Int: SignedConvolution] = [:]
  /// Gathers how long layers take, where that is wanted.
  var profile: LayerProfile?
  /// Elements of an output within a residual branch beyond which it is computed again for the
  /// backward pass, rather than kept: one pass over what no cache holds, for a fifth less memory.
  /// 12 MiB.
  var recomputationThreshold = 3 << 20

  init(engine: Engine, mode: ForwardMode) {
    self.engine = engine
    self.mode = mode
  }

  func wantsRelevance(_ value: Graph.Value) -> Bool { relevanceWanted[value.index] }
}

/// How relevance goes back through the network: the alpha-beta rule of layer-wise relevance
/// propagation (Bach et al. 2015, eq. 60), whose relevance is conserved where alpha - beta = 1.
public struct RelevanceRule: Equatable, Sendable {
  public var alpha: Float
  public var beta: Float
  /// Where the channels of a residual block's last convolution are scored.
  public var lastConvolution: LastConvolution

  public enum LastConvolution: String, CaseIterable, Sendable {
    /// By the relevance of the block's output, as the program of arXiv 2002.09958 does.
    case output
    /// By the branch's part of that.
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
