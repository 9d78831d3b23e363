import Compute

/// A residual block (He et al. 2015, arXiv 1512.03385): y = ReLU(branch(x) + shortcut(x)).
///
/// The branch is two (basic) or three (bottleneck) convolutions; the shortcut is the identity, or a projection: a 1x1
/// convolution with batch norm. The branch's last convolution may have lost channels that the residual stream keeps: the
/// block adds nothing to those.
final class ResidualBlock: FeatureLayer {
  let inner: [ConvolutionUnit]
  let last: ConvolutionUnit
  let projection: ConvolutionUnit?
  /// The residual stream behind the block.
  private let stream: ResidualStream

  private var input: Planes?
  /// Of the input, for the first convolution and the projection, where both have a stride.
  private var phases: Planes?
  private var output: Planes?

  convenience init(inner: [ConvolutionUnit], last: ConvolutionUnit, projection: ConvolutionUnit?) {
    self.init(
      inner: inner, last: last, projection: projection,
      stream: last.stream ?? ResidualStream(name: "", channels: last.convolution.outputs))
  }

  private init(
    inner: [ConvolutionUnit], last: ConvolutionUnit, projection: ConvolutionUnit?, stream: ResidualStream
  ) {
    self.inner = inner
    self.last = last
    self.projection = projection
    self.stream = stream
  }

  func replica() -> ResidualBlock {
    ResidualBlock(
      inner: inner.map { $0.replica() }, last: last.replica(), projection: projection?.replica(),
      stream: stream)
  }

  var units: [ConvolutionUnit] { inner + [last] + (projection.map { [$0] } ?? []) }

  private var streamChannels: Int { stream.kept.count }

  /// Which channel of the stream, of those left, each channel of the branch is; nil while that is all of them.
  private var branchChannels: [Int]? {
    let kept = last.convolution.keptOutputs
    return kept.count == streamChannels ? nil : stream.positions(of: kept)
  }

  // MARK: Forward

  func forward(_ input: Planes, _ context: Context) -> Planes {
    phases = splitInput(input, context)
    let convolved = forwardBranch(input, context)
    let shortcut =
      projection?.forward(input, phases: phases, relevanceGoesOn: context.relevanceGoesOn, context) ?? input
    let inPlace = !context.keepsActivations && branchChannels == nil
    let result = inPlace ? convolved : context.pool.take(convolved.shape.with(channels: streamChannels))
    last.normalize(addingTo: (shortcut, branchChannels), into: result, context)
    if inPlace { last.takeConvolved() }
    if context.keepsActivations {
      self.input = input
      output = result
      projection?.releaseOutput(context)
    } else {
      last.release(context)
      if projection != nil { context.pool.give(shortcut) }
      context.pool.give(phases)
      phases = nil
    }
    return result
  }

  /// Cuts the input once for both convolutions that read every second pixel of it, forward and back; not where relevance has
  /// its own way, nor what is too large to be kept.
  private func splitInput(_ input: Planes, _ context: Context) -> Planes? {
    let shape = input.shape
    guard let projection, projection.convolution.stride == 2, let first = inner.first?.convolution,
      first.stride == 2, context.pass != .relevance,
      shape.channels * shape.pixelsPerChannel <= context.mostKept
    else { return nil }
    let phases = context.pool.take(context.engine.phaseShape(shape))
    context.timed(first.name, .forward) { context.engine.splitPhases(input, into: phases) }
    return phases
  }

  /// The branch up to its last convolution, whose batch norm is part of the sum.
  private func forwardBranch(_ input: Planes, _ context: Context) -> Planes {
    var activation = input
    for (index, unit) in inner.enumerated() {
      let next = unit.forward(
        activation, phases: index == 0 ? phases : nil,
        relevanceGoesOn: index > 0 || context.relevanceGoesOn, context)
      if index > 0 { giveBack(activation, of: inner[index - 1], context) }
      activation = next
    }
    let convolved = last.convolveBeforeSum(activation, context)
    if let before = inner.last { giveBack(activation, of: before, context) }
    return convolved
  }

  private func giveBack(_ activation: Planes, of unit: ConvolutionUnit, _ context: Context) {
    let shape = activation.shape
    if !context.keepsActivations {
      context.pool.give(activation)
    } else if shape.channels * shape.pixelsPerChannel > context.mostKept {
      unit.releaseOutput(context)
    }
  }

  // MARK: Backward

  func backward(_ outputGradient: Planes, wantsInputGradient: Bool, _ context: Context) -> Planes? {
    guard let input, let output, let convolved = last.convolved, let statistics = last.statistics else {
      return nil
    }
    if let branchChannels {
      let rest = Set(0..<streamChannels).subtracting(branchChannels).sorted()
      context.timed(last.normalization.name, .normalization) {
        context.engine.maskByPositive(output, gradient: outputGradient, channels: rest)
      }
    }
    let convolvedGradient = context.pool.take(convolved.shape)
    last.normalization.backward(
      outputGradient, input: convolved, statistics: statistics, channels: branchChannels,
      streamOutput: output,
      into: convolvedGradient, context)
    // The shortcut's gradient is where the branch's is added: for the identity, the sum's gradient itself.
    let inputGradient: Planes
    if let projection {
      inputGradient = context.pool.take(input.shape)
      projection.backward(outputGradient, inputGradient: inputGradient, accumulate: false, context)
    } else {
      inputGradient = outputGradient
    }
    backwardBranch(convolvedGradient, into: inputGradient, context)
    release(context)
    return inputGradient
  }

  private func backwardBranch(_ convolvedGradient: Planes, into inputGradient: Planes, _ context: Context) {
    guard let before = inner.last else { return }
    var gradient = context.pool.take(before.convolution.outputShape(images: inputGradient.shape.images))
    before.restoreOutput(for: last, context)
    last.backwardFromConvolved(convolvedGradient, inputGradient: gradient, accumulate: false, context)
    for (before, unit) in zip(inner, inner.dropFirst()).reversed() {
      before.restoreOutput(for: unit, context)
      guard let next = unit.backward(gradient, wantsInputGradient: true, context) else { return }
      gradient = next
    }
    inner.first?.backward(gradient, inputGradient: inputGradient, accumulate: true, context)
  }

  // MARK: Relevance

  /// R_branch = branch * R / (sum + 1e-9), and the shortcut's likewise; the input collects both. Where the sum is negative,
  /// the block's output and so R are zero, and the output stands in for it.
  ///
  /// The last convolution's channels are judged as the rule says, the others' by R at their own.
  func relevance(
    _ relevance: Planes, wantsInput: Bool, _ context: Context, record: (String, Planes) -> Void
  ) -> Planes? {
    guard let output, let shortcut = projection?.output ?? input, let branch = last.takeConvolved() else {
      return nil
    }
    if context.rule.lastConvolution == .output { recordLast(relevance, context, record) }
    context.engine.shareRelevance(
      relevance, of: output, shortcut: shortcut, branch: branch, by: last.normalization.runningAffine(),
      channels: branchChannels)
    if context.rule.lastConvolution == .branch { record(last.convolution.name, branch) }
    defer { release(context) }
    guard var through = last.propagate(branch, context) else { return nil }
    for unit in inner.dropFirst().reversed() {
      guard let next = unit.relevance(through, wantsInput: true, context, record: record) else { return nil }
      through = next
    }
    guard let first = inner.first else { return nil }
    record(first.convolution.name, through)
    guard wantsInput else {
      context.pool.give(through)
      context.pool.give(relevance)
      return nil
    }
    let collected = if let projection { projection.propagate(relevance, context) } else { relevance }
    return first.propagate(through, addingTo: collected, context)
  }

  /// Tells the relevance of the channels that the last convolution has left.
  private func recordLast(_ relevance: Planes, _ context: Context, _ record: (String, Planes) -> Void) {
    guard let branchChannels else { return record(last.convolution.name, relevance) }
    let own = context.pool.take(relevance.shape.with(channels: branchChannels.count))
    context.engine.select(relevance, channels: branchChannels, into: own)
    record(last.convolution.name, own)
    context.pool.give(own)
  }

  // MARK: What is kept

  var keptActivations: [(name: String, planes: Planes)] {
    units.flatMap(\.keptActivations) + (output.map { [(last.normalization.name, $0)] } ?? [])
  }

  func release(_ context: Context) {
    for unit in units { unit.release(context) }
    context.pool.give(output)
    context.pool.give(phases)
    output = nil
    phases = nil
    input = nil
  }
}
