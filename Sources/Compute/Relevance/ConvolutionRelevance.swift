import CKernels

extension Engine {
  /// Relevance of a convolution's input from that of its output by the alpha-beta rule (Bach et al.
  /// 2015, "On pixel-wise explanations for non-linear classifier decisions by layer-wise relevance
  /// propagation", eq. 60, as in arXiv 2002.09958).
  ///
  /// R_in = x * (alpha * V+^T (R / (V+ x + 1e-9)) - beta * V-^T (R / (V- x + 1e-9))), V+ = max(W,
  /// 1e-9), V- = min(W, -1e-9)
  ///
  /// - Parameters:
  ///   - relevance: planes [outputChannels, images, (rows - 1) / stride + 1, (columns - 1) / stride
  ///     + 1]
  ///   - convolution: W
  ///   - input: x, planes [inputChannels, images, rows, columns]
  ///   - sums: what ``convolveSplittingContributions(_:_:affine:activation:sums:into:)`` found of
  ///     x; nil to compute it anew, with twice the work for each pass
  ///   - inputMayBeNegative: whether x may be below zero anywhere. Each product z = w * x then
  ///     counts by its own sign, rather than by that of its weight: R_in = sum over outputs of
  ///     (alpha * max(z, 0) / (sum of positive z + 1e-9) - beta * min(z, 0) / (sum of negative z -
  ///     1e-9)) * R. Takes no sums.
  ///   - accumulate: adds to `result` instead of overwriting it
  ///   - result: planes of the input's shape, not the input
  /// - Complexity: k * k * inputChannels / groups MACs for each pixel of the output: each weight
  ///   counts by its own sign.
  public func convolutionRelevance(
    _ relevance: Planes, _ convolution: SignedConvolution, input: Planes, sums: Contributions?,
    inputMayBeNegative: Bool, alpha: Float, beta: Float, accumulate: Bool, into result: Planes
  ) {
    let problem = requireConvolution(convolution, input: input.shape, output: relevance.shape)
    requireSameShape(input, result)
    precondition(!input.overlaps(result), "relevance cannot overwrite what it belongs to")
    guard let sums else {
      func compute(into found: Planes) {
        if inputMayBeNegative {
          relevanceByContributions(
            relevance, convolution, input: input, alpha: alpha, beta: beta, into: found)
        } else {
          relevanceByConvolutions(relevance, convolution, input: input, alpha: alpha, beta: beta, into: found)
        }
      }
      guard accumulate else { return compute(into: result) }
      let found = Planes(uninitialized: input.shape)
      compute(into: found)
      return add(found, into: result)
    }
    precondition(!inputMayBeNegative, "sums by the signs of weights are not those of contributions")
    requireSums(problem)
    requireSameShape(sums.positive, relevance)
    requireSameShape(sums.negative, relevance)
    guard input.shape.images > 0 else { return }
    ContributionRelevance(
      engine: self, convolution: convolution, output: relevance.shape, alpha: alpha, beta: beta
    ).propagate(relevance, input: input, sums: sums, accumulate: accumulate, into: result)
  }

  /// Relevance of a residual sum's terms from that of the sum: R * term / (sum + 1e-9).
  ///
  /// - Parameters:
  ///   - relevance: of the sum; becomes the shortcut's part
  ///   - shortcut: the term that is not the branch
  ///   - branch: the other one is scale * branch + shift; becomes that term's part
  ///   - affine: the scale and shift of each channel of the branch
  ///   - channels: for each channel of the branch the channel of the sum that it adds to, nil for
  ///     the same one
  public func splitRelevance(
    _ relevance: Planes, of sum: Planes, shortcut: Planes, branch: Planes, by affine: [ChannelAffine],
    channels: [Int]?
  ) {
    requireSameShape(relevance, sum)
    requireSameShape(relevance, shortcut)
    requireCount(affine, branch.shape.channels, "affine")
    requireStream(branch: branch.shape, stream: sum.shape, channels: channels)
    precondition(
      ![sum, shortcut, branch].contains { $0.overlaps(relevance) } && !branch.overlaps(sum)
        && !branch.overlaps(shortcut), "a term's part cannot overwrite what it is computed from")
    let terms = branchChannels(branch.shape, of: sum.shape, channels)
    forEachChunk(channels: sum.shape.channels, geometry: sum.geometry) { stream, begin, end in
      let map = terms[stream].map { affine[$0] }
      loops.split_sum(
        terms[stream].map(branch.plane), map?.scale ?? 0, map?.shift ?? 0, shortcut.plane(stream),
        sum.plane(stream), relevance.plane(stream), begin, end)
    }
  }

  /// As two convolutions and two gradients, one of each for either sign of weights.
  private func relevanceByConvolutions(
    _ relevance: Planes, _ convolution: SignedConvolution, input: Planes, alpha: Float, beta: Float,
    into result: Planes
  ) {
    redistribute(relevance, convolution, input: input, stabilizer: 1e-9, into: result) { max($0, 1e-9) }
    // What does not count may not be finite.
    let negative = beta == 0 ? result : Planes(uninitialized: input.shape)
    if beta != 0 {
      redistribute(relevance, convolution, input: input, stabilizer: 1e-9, into: negative) { min($0, -1e-9) }
    }
    combine(activation: input, positive: result, alpha: alpha, negative: negative, beta: beta, into: result)
  }

  /// For inputs of either sign: those above zero and the others' absolute values are channels of
  /// their own, with weights W and -W, so that a weight's sign is that of its contributions.
  private func relevanceByContributions(
    _ relevance: Planes, _ convolution: SignedConvolution, input: Planes, alpha: Float, beta: Float,
    into result: Planes
  ) {
    let split = SignSplit(convolution)
    let shape = input.shape.with(channels: 2 * input.shape.channels)
    let (parts, positive) = (Planes(uninitialized: shape), Planes(uninitialized: shape))
    split.split(input, into: parts, on: self)
    redistribute(relevance, split.convolution, input: parts, stabilizer: 1e-9, into: positive) { max($0, 0) }
    let negative = beta == 0 ? positive : Planes(uninitialized: shape)
    if beta != 0 {
      redistribute(relevance, split.convolution, input: parts, stabilizer: -1e-9, into: negative) {
        min($0, 0)
      }
    }
    combine(
      activation: parts, positive: positive, alpha: alpha, negative: negative, beta: beta, into: positive)
    split.join(positive, into: result, on: self)
  }

  /// V^T (R / (V x + stabilizer)), V being `part` of every weight.
  private func redistribute(
    _ relevance: Planes, _ convolution: SignedConvolution, input: Planes, stabilizer: Float,
    into result: Planes, _ part: (Float) -> Float
  ) {
    let weight = convolution.weight
    let weights = Tensor(shape: weight.shape, values: weight.values.map(part))
    let (stride, padding, groups) = (convolution.stride, convolution.padding, convolution.groups)
    let quotients = Planes(uninitialized: relevance.shape)
    convolve(
      input, weights, stride: stride, padding: padding, groups: groups, method: .direct, into: quotients)
    quotient(relevance, by: quotients, stabilizer: stabilizer, into: quotients)
    convolutionInputGradient(
      quotients, weights, stride: stride, padding: padding, groups: groups, method: .direct, into: result)
  }
}

/// A convolution of inputs of either sign as one of inputs that are nowhere negative: each group's
/// inputs max(x, 0) and then max(-x, 0), with weights W and -W.
struct SignSplit {
  let convolution: SignedConvolution
  /// Inputs of one group.
  private let inputs: Int

  init(_ original: SignedConvolution) {
    let weight = original.weight
    let outputs = weight.shape[0]
    inputs = weight.shape[1]
    let size = weight.count / max(1, outputs)
    let values = (0..<outputs).flatMap { output in
      let own = weight.values[output * size..<(output + 1) * size]
      return own + own.map { -$0 }
    }
    convolution = SignedConvolution(
      Tensor(shape: [outputs, 2 * inputs, weight.shape[2], weight.shape[3]], values: values),
      stride: original.stride, padding: original.padding, groups: original.groups)
  }

  /// Where the part above zero of a channel lies; that below zero is `inputs` channels further on.
  private func place(_ channel: Int) -> Int { channel + channel / inputs * inputs }

  func split(_ x: Planes, into parts: Planes, on engine: Engine) {
    engine.forEachChunk(channels: x.shape.channels, geometry: x.geometry) { channel, begin, end in
      let at = place(channel)
      ck_split_signs(x.plane(channel), parts.plane(at), parts.plane(at + inputs), begin, end)
    }
  }

  /// result = the sum of both parts of every channel.
  func join(_ parts: Planes, into result: Planes, on engine: Engine) {
    engine.forEachChunk(channels: result.shape.channels, geometry: result.geometry) { channel, begin, end in
      let at = place(channel)
      ck_add_planes(parts.plane(at), parts.plane(at + inputs), result.plane(channel), begin, end)
    }
  }
}
