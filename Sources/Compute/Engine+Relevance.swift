import CKernels

extension Engine {
  /// Relevance of a convolution's input from that of its output by the alpha-beta rule (Bach et al. 2015, "On pixel-wise
  /// explanations for non-linear classifier decisions by layer-wise relevance propagation", eq. 60, as in arXiv 2002.09958).
  ///
  /// R_in = x * (alpha * V+^T (R / (V+ x + 1e-9)) - beta * V-^T (R / (V- x + 1e-9))), V+ = max(W, 1e-9), V- = min(W, -1e-9)
  ///
  /// - Parameters:
  ///   - relevance: planes [outputChannels, images, (rows - 1) / stride + 1, (columns - 1) / stride + 1]
  ///   - convolution: W
  ///   - input: x, planes [inputChannels, images, rows, columns], nowhere negative
  ///   - sums: what ``convolveBySigns(_:_:maps:relu:sums:into:)`` found of x; nil to compute it anew, with twice the work
  ///     for each pass
  ///   - accumulate: adds to `result` instead of overwriting it
  ///   - result: planes of the input's shape, not the input
  /// - Complexity: k * k * inputChannels MACs for each pixel of the output: each weight counts by its own sign.
  public func convolutionRelevance(
    _ relevance: Planes, _ convolution: SignedConvolution, input: Planes, sums: SignedSums?, alpha: Float,
    beta: Float, accumulate: Bool = false, into result: Planes
  ) {
    let (weight, stride) = (convolution.weight, convolution.stride)
    let kernel = requireConvolution(
      input: input.shape, weight: weight.shape, stride: stride, output: relevance.shape)
    requireSameShape(input, result)
    precondition(input !== result, "relevance cannot overwrite what it belongs to")
    guard let sums else {
      func compute(into found: Planes) {
        relevanceByConvolutions(
          relevance, weight, stride: stride, input: input, alpha: alpha, beta: beta, into: found)
      }
      guard accumulate else { return compute(into: result) }
      return withTemporaryPlanes(input.shape) { found in
        compute(into: found)
        add(found, into: result)
      }
    }
    precondition(kernel <= 3, "a kernel size of \(kernel) is neither 1 nor 3")
    requireSameShape(sums.positive, relevance)
    requireSameShape(sums.negative, relevance)
    guard input.shape.images > 0 else { return }
    RelevancePass(
      engine: self, convolution: convolution, output: relevance.shape, alpha: alpha, beta: beta
    ).propagate(relevance, input: input, sums: sums, accumulate: accumulate, into: result)
  }

  /// Relevance of a residual sum's terms from that of the sum: R * term / (sum + 1e-9).
  ///
  /// - Parameters:
  ///   - relevance: of the sum; becomes the shortcut's share
  ///   - shortcut: the term that is not the branch
  ///   - branch: the other one is scale * branch + shift; becomes that term's share
  ///   - maps: the scale and shift of each channel of the branch
  ///   - channels: for each channel of the branch the channel of the sum that it adds to, nil for the same one
  public func shareRelevance(
    _ relevance: Planes, of sum: Planes, shortcut: Planes, branch: Planes, by maps: [ChannelAffine],
    channels: [Int]?
  ) {
    requireSameShape(relevance, sum)
    requireSameShape(relevance, shortcut)
    requireCount(maps, branch.shape.channels, "maps")
    requireStream(branch: branch.shape, stream: sum.shape, channels: channels)
    precondition(
      relevance !== sum && relevance !== shortcut && branch !== relevance && branch !== sum
        && branch !== shortcut, "a term's share cannot overwrite what it is computed from")
    let terms = branchChannels(branch.shape, of: sum.shape, channels)
    forEachPiece(channels: sum.shape.channels, geometry: sum.geometry) { stream, begin, end in
      let map = terms[stream].map { maps[$0] }
      loops.share(
        terms[stream].map(branch.plane), map?.scale ?? 0, map?.shift ?? 0, shortcut.plane(stream),
        sum.plane(stream), relevance.plane(stream), begin, end)
    }
  }

  /// As two convolutions and two gradients, one of each for either sign.
  private func relevanceByConvolutions(
    _ relevance: Planes, _ weight: Tensor, stride: Int, input: Planes, alpha: Float, beta: Float,
    into result: Planes
  ) {
    func share(_ part: (Float) -> Float, into share: Planes) {
      let weights = Tensor(shape: weight.shape, values: weight.values.map(part))
      withTemporaryPlanes(relevance.shape) { quotients in
        convolve(input, weights, stride: stride, method: .direct, into: quotients)
        quotient(relevance, by: quotients, into: quotients)
        convolutionInputGradient(quotients, weights, stride: stride, method: .direct, into: share)
      }
    }
    withTemporaryPlanes(input.shape) { negative in
      share({ max($0, 1e-9) }, into: result)
      share({ min($0, -1e-9) }, into: negative)
      combine(
        activation: input, positive: result, alpha: alpha, negative: negative, beta: beta, into: result)
    }
  }
}
