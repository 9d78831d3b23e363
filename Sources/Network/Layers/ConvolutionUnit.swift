import Compute

/// Convolution, batch norm and, mostly, ReLU: the unit that all networks here are made of.
///
/// Batch norm and ReLU are one pass over memory; in the backward pass the ReLU's mask is
/// computed again from its input.
final class ConvolutionUnit: FeatureLayer {
  let convolution: Convolution
  let normalization: BatchNormalization
  let hasReLU: Bool
  let role: Role
  /// The residual stream that the output channels belong to: the one that a stem or projection starts, or that a block's
  /// last convolution adds to.
  let stream: ResidualStream?

  /// What the pruning method does with the output channels.
  enum Role {
    /// Removed only with its stream: the stem, a projection.
    case fixed
    /// Scored but left alone: VGG's first two convolutions.
    case scored
    case prunable
  }

  private var input: Planes?
  /// Of the input, which whoever shares them owns.
  private var phases: Planes?
  private(set) var convolved: Planes?
  private(set) var output: Planes?
  /// Of the convolution, from the forward pass to relevance's way back.
  private var sums: SignedSums?
  private(set) var statistics: BatchNormalization.Statistics?

  init(
    _ convolution: Convolution, _ normalization: BatchNormalization, hasReLU: Bool, role: Role,
    stream: ResidualStream? = nil
  ) {
    self.convolution = convolution
    self.normalization = normalization
    self.hasReLU = hasReLU
    self.role = role
    self.stream = stream
  }

  func replica() -> ConvolutionUnit {
    ConvolutionUnit(convolution, normalization, hasReLU: hasReLU, role: role, stream: stream)
  }

  var units: [ConvolutionUnit] { [self] }

  /// Name of the channel group that the outputs form, where they can be removed.
  var outputGroup: String? { role == .prunable ? convolution.name : stream?.name }

  // MARK: Forward

  func forward(_ input: Planes, _ context: Context) -> Planes {
    forward(input, relevanceGoesOn: context.relevanceGoesOn, context)
  }

  /// - Parameters:
  ///   - phases: of the input, where several convolutions with a stride share them.
  ///   - relevanceGoesOn: whether relevance, in a pass that computes it, is sent back to the input.
  func forward(
    _ input: Planes, phases: Planes? = nil, relevanceGoesOn: Bool, _ context: Context
  ) -> Planes {
    self.phases = phases
    if relevanceGoesOn, let result = sumBySigns(input, normalizes: true, context) {
      output = result
      return result
    }
    let convolved = convolve(input, context)
    let result = context.pass == .training ? context.pool.take(convolved.shape) : convolved
    normalize(into: result, context)
    if result === convolved { takeConvolved() }
    if context.keepsActivations {
      output = result
    } else {
      self.input = nil
      self.phases = nil
    }
    return result
  }

  /// The convolution alone, before the sum that its batch norm is part of; its output is also left in `convolved`.
  func convolveBeforeSum(_ input: Planes, _ context: Context) -> Planes {
    guard let result = sumBySigns(input, normalizes: false, context) else { return convolve(input, context) }
    convolved = result
    return result
  }

  private func convolve(_ input: Planes, _ context: Context) -> Planes {
    self.input = input
    let result = convolution.forward(input, phases: phases, context)
    convolved = result
    return result
  }

  /// The convolution, and batch norm and ReLU if asked for, in a pass that computes relevance; nil in others, and where sums are
  /// not to be had by signs.
  private func sumBySigns(_ input: Planes, normalizes: Bool, _ context: Context) -> Planes? {
    guard context.pass == .relevance else { return nil }
    let maps =
      normalizes
      ? normalization.runningAffine()
      : [ChannelAffine](repeating: ChannelAffine(scale: 1, shift: 0), count: convolution.outputs)
    let summed = convolution.forwardBySigns(input, maps: maps, relu: normalizes && hasReLU, context)
    guard let (result, sums) = summed else { return nil }
    self.input = input
    self.sums = sums
    return result
  }

  /// Hands over what the convolution gave; after that no backward pass is possible.
  @discardableResult
  func takeConvolved() -> Planes? {
    defer { convolved = nil }
    return convolved
  }

  /// Batch norm of what the convolution gave, and the sum with a residual stream.
  ///
  /// - Parameters:
  ///   - stream: the stream, and which of its channels each output adds to, nil when they are the same.
  ///   - result: may be what the convolution gave, if that has the stream's channels and no backward pass follows.
  func normalize(
    addingTo stream: (residual: Planes, channels: [Int]?)? = nil, into result: Planes, _ context: Context
  ) {
    guard let convolved else { return }
    statistics = normalization.forward(
      convolved, channels: stream?.channels, residual: stream?.residual, relu: hasReLU || stream != nil,
      into: result, context)
  }

  // MARK: Computing outputs again

  /// Gives the output back after whatever reads it has run forward, in a training pass.
  func releaseOutput(_ context: Context) {
    guard context.pass == .training else { return }
    context.pool.give(output)
    output = nil
  }

  /// Computes an output that was given back again, bit for bit, and hands it to the unit that reads it.
  func restoreOutput(for reader: ConvolutionUnit, _ context: Context) {
    guard output == nil, let convolved, let statistics else { return }
    let result = context.pool.take(convolved.shape)
    context.timed(normalization.name, .normalization, bytes: 2 * convolved.shape.bytes) {
      context.engine.scaleShift(
        convolved, by: normalization.affine(statistics), relu: hasReLU, into: result)
    }
    output = result
    reader.input = result
  }

  // MARK: Backward

  func backward(_ outputGradient: Planes, wantsInputGradient: Bool, _ context: Context) -> Planes? {
    guard let input else { return nil }
    let inputGradient = wantsInputGradient ? context.pool.take(input.shape) : nil
    backward(outputGradient, inputGradient: inputGradient, accumulate: false, context)
    return inputGradient
  }

  /// As the protocol's, but adds to or overwrites a buffer of the caller's.
  func backward(
    _ outputGradient: Planes, inputGradient: Planes?, accumulate: Bool, _ context: Context
  ) {
    guard let convolved, let statistics else { return }
    normalization.backward(
      outputGradient, input: convolved, statistics: statistics,
      hasReLU: hasReLU, into: outputGradient, context)
    backwardFromConvolved(outputGradient, inputGradient: inputGradient, accumulate: accumulate, context)
  }

  /// The part before batch norm. Takes over `gradient`, the gradient of what the convolution computed.
  func backwardFromConvolved(
    _ gradient: Planes, inputGradient: Planes?, accumulate: Bool, _ context: Context
  ) {
    guard let input else { return }
    convolution.backward(
      gradient, input: input, phases: phases, inputGradient: inputGradient, accumulate: accumulate, context)
    context.pool.give(gradient)
    release(context)
  }

  // MARK: Relevance

  func relevance(
    _ relevance: Planes, wantsInput: Bool, _ context: Context, record: (String, Planes) -> Void
  ) -> Planes? {
    record(convolution.name, relevance)
    guard wantsInput else {
      context.pool.give(relevance)
      release(context)
      return nil
    }
    return propagate(relevance, context)
  }

  /// Through ReLU and batch norm unchanged, and through the convolution by the alpha-beta rule.
  ///
  /// - Parameter collected: what the input's relevance is added to and returned with; nil for planes of its own.
  func propagate(_ relevance: Planes, addingTo collected: Planes? = nil, _ context: Context) -> Planes? {
    let result = input.map {
      convolution.relevance(relevance, input: $0, sums: sums, addingTo: collected, context)
    }
    context.pool.give(relevance)
    release(context)
    return result
  }

  // MARK: What is kept

  var keptActivations: [(name: String, planes: Planes)] {
    var kept: [(name: String, planes: Planes)] = []
    if let convolved { kept.append((convolution.name, convolved)) }
    if let output { kept.append((normalization.name, output)) }
    return kept
  }

  func release(_ context: Context) {
    context.pool.give(takeConvolved())
    context.pool.give(output)
    context.pool.give(sums?.positive)
    context.pool.give(sums?.negative)
    output = nil
    sums = nil
    input = nil
    phases = nil
    statistics = nil
  }

  // MARK: Cost and removal

  func cost(inputs: Int, outputs: Int) -> Cost {
    convolution.cost(inputs: inputs, outputs: outputs) + normalization.cost(channels: outputs)
  }

  func keepOutputs(_ positions: [Int]) {
    convolution.keepOutputs(positions)
    normalization.keep(positions)
  }
}
