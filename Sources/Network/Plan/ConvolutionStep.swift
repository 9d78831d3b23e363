import Compute

/// A convolution with what is fused behind it: batch norm, the sum with a residual stream, an
/// activation.
///
/// Batch norm, sum and activation are one pass over memory; on the way back the activation's mask
/// is computed again from batch norm's input, or read from the sum's output.
struct ConvolutionStep: Step {
  let nodes: [Int]
  let output: Graph.Value
  let inputs: [Graph.Value]

  let convolution: Convolution
  /// Batch norm's node; nil for a convolution by itself.
  let normalization: Int?
  let activation: ActivationFunction?
  let sum: Sum?

  /// The sum with a residual stream.
  struct Sum {
    /// What batch norm gives: a value inside the step.
    let branch: Graph.Value
    /// The channel of the sum that each channel of the branch adds to; nil where they are the same.
    let channels: [Int]?
  }

  /// Where the inputs are in `inputs`.
  static let inputRank = 0
  private let shortcutRank: Int?
  /// Of the input, where several convolutions with a stride of 2 share its phases.
  private let phasesRank: Int?

  /// - Parameters:
  ///   - shortcut: the sum's other operand
  ///   - phases: a value inside the plan
  init(
    nodes: [Int], convolution: Convolution, normalization: Int?, activation: ActivationFunction?, sum: Sum?,
    input: Graph.Value, shortcut: Graph.Value?, phases: Graph.Value?, output: Graph.Value
  ) {
    self.nodes = nodes
    self.convolution = convolution
    self.normalization = normalization
    self.activation = activation
    self.sum = sum
    self.output = output
    inputs = [input] + [shortcut, phases].compactMap(\.self)
    shortcutRank = shortcut == nil ? nil : 1
    phasesRank = phases == nil ? nil : inputs.count - 1
  }

  struct Saved: Sendable {
    /// The convolution's output, where the way back reads it.
    var convolved: Planes?
    /// Positive and negative contributions, for relevance.
    var sums: Contributions?
    var statistics: BatchNormalization.Statistics?
  }

  var node: Int { nodes[0] }

  func tensors(_ parameters: ParameterStore) -> BatchNormalization.Tensors? {
    normalization.map { BatchNormalization.Tensors(parameters[$0]) }
  }

  var trainingNeeds: StepNeeds {
    StepNeeds(
      inputs: inputs.indices.map { $0 == Self.inputRank || $0 == phasesRank },
      output: sum != nil && activation != nil)
  }

  func relevanceNeeds(_ run: Run) -> StepNeeds {
    StepNeeds(
      inputs: inputs.enumerated().map { rank, value in
        rank == Self.inputRank ? run.wantsRelevance(value) : rank == shortcutRank
      }, output: sum != nil)
  }

  // MARK: Forward

  func forward(
    _ x: StepValues, _ parameters: ParameterStore, _ run: inout Run
  ) -> (output: Planes, saved: any Sendable) {
    let input = x.input(Self.inputRank)
    if let (output, saved) = forwardBySign(input, x, parameters, run) { return (output, saved) }
    if let (output, saved) = forwardByChannel(input, parameters, run) { return (output, saved) }
    let convolved = convolution.convolve(
      input, phases: phasesRank.flatMap { x.inputs[$0] }, parameters[node], run)
    guard let tensors = tensors(parameters) else { return (convolved, Saved()) }
    let isInPlace = run.mode != .training && (sum == nil || run.mode == .evaluation && sum?.channels == nil)
    var saved = Saved()
    let output = normalize(convolved, x, isInPlace: isInPlace, tensors, run, &saved)
    if !isInPlace && run.mode != .evaluation { saved.convolved = convolved }
    return (output, saved)
  }

  private func normalize(
    _ convolved: Planes, _ x: StepValues, isInPlace: Bool, _ tensors: BatchNormalization.Tensors, _ run: Run,
    _ saved: inout Saved
  ) -> Planes {
    let shortcut = shortcutRank.map { x.input($0) }
    let output = isInPlace ? convolved : run.planes(shortcut?.shape ?? convolved.shape)
    saved.statistics = BatchNormalization().forward(
      convolved, channels: sum?.channels, residual: shortcut, activation: activation, into: output, tensors,
      run)
    return output
  }

  /// In a pass that relevance follows: with positive and negative contributions apart, which are
  /// what relevance is divided by; nil in other passes, and where they are not to be had that way.
  private func forwardBySign(
    _ input: Planes, _ x: StepValues, _ parameters: ParameterStore, _ run: Run
  ) -> (output: Planes, saved: Saved)? {
    guard run.mode == .relevance, convolution.inputIsNonNegative, run.wantsRelevance(inputs[Self.inputRank]),
      let weights = run.signedConvolutions[node], convolution.problem(input.shape).isSumOfShiftedPlanes
    else { return nil }
    let tensors = tensors(parameters)
    let isFused = sum == nil
    let identity = [ChannelAffine](repeating: .identity, count: convolution.outputs)
    var affine = isFused ? tensors.map { BatchNormalization().runningAffine($0) } ?? identity : identity
    if convolution.hasBias {
      for (channel, bias) in parameters[node][1].value.values.enumerated() {
        affine[channel].shift += affine[channel].scale * bias
      }
    }
    let shape = convolution.outputShape(input.shape)
    let output = run.planes(shape)
    let sums = Contributions(
      positive: run.planes(shape), negative: run.planes(shape))
    run.engine.convolveSplittingContributions(
      input, weights, affine: affine, activation: isFused ? activation : nil, sums: sums, into: output)
    var saved = Saved(sums: sums)
    guard !isFused, let tensors else { return (output, saved) }
    saved.convolved = output
    return (normalize(output, x, isInPlace: false, tensors, run, &saved), saved)
  }

  // MARK: Backward

  func backward(
    _ dy: Planes, _ values: StepValues, _ saved: any Sendable, _ parameters: ParameterStore, into flow: Flow,
    _ run: inout Run
  ) {
    let saved = unwrap(saved, as: Saved.self)
    if backwardByChannel(dy, values.input(Self.inputRank), saved, parameters, into: flow, run) { return }
    let gradient: Planes
    if let tensors = tensors(parameters) {
      guard let convolved = saved.convolved, let statistics = saved.statistics else {
        preconditionFailure("a backward pass follows a training pass")
      }
      gradient = normalizationGradient(dy, convolved, statistics, values, tensors, run)
    } else {
      gradient = dy
    }
    // The shortcut's gradient is where the branch's is added: for the identity, the sum's gradient
    // itself.
    if let shortcutRank { flow.add(dy, to: inputs[shortcutRank], run.engine) }
    convolution.backward(
      gradient, input: values.input(Self.inputRank), phases: phasesRank.flatMap { values.inputs[$0] },
      parameters[node], into: NodeFlow(flow: flow, inputs: inputs, engine: run.engine), run)
  }

  private func normalizationGradient(
    _ dy: Planes, _ convolved: Planes, _ statistics: BatchNormalization.Statistics, _ values: StepValues,
    _ tensors: BatchNormalization.Tensors, _ run: Run
  ) -> Planes {
    let normalization = BatchNormalization()
    guard let sum else {
      normalization.backward(
        dy, input: convolved, statistics: statistics,
        activation: normalization.behind(statistics, tensors, activation), into: dy, tensors, run)
      return dy
    }
    let behind = activation.map { BatchNormActivation.output(values.requireOutput(), of: $0) }
    if let channels = sum.channels, let activation {
      let rest = Set(0..<dy.shape.channels).subtracting(channels).sorted()
      run.timed(tensors.weight.layer, .normalization) {
        run.engine.activationGradient(
          dy, output: values.requireOutput(), by: activation, channels: rest)
      }
    }
    let gradient = run.planes(convolved.shape)
    normalization.backward(
      dy, input: convolved, statistics: statistics, channels: sum.channels,
      activation: behind ?? .none, writesBack: activation != nil, into: gradient, tensors, run)
    return gradient
  }

  func recompute(
    _ values: StepValues, _ saved: any Sendable, _ parameters: ParameterStore, _ run: Run
  ) -> Planes {
    let saved = unwrap(saved, as: Saved.self)
    guard let convolved = saved.convolved, let statistics = saved.statistics, sum == nil,
      let tensors = tensors(parameters)
    else { preconditionFailure("only what batch norm gives in training is computed again") }
    let result = run.planes(convolved.shape)
    run.timed(tensors.weight.layer, .normalization, bytes: 2 * convolved.bytes) {
      run.engine.scaleShiftAdd(
        convolved, by: BatchNormalization().affine(statistics, tensors), activation: activation, into: result)
    }
    return result
  }

  // MARK: Relevance

  /// Through activation and batch norm unchanged, and through the convolution by the alpha-beta
  /// rule.
  ///
  /// Of a sum: R_branch = branch * R / (sum + 1e-9), and the shortcut's likewise. Where the sum is
  /// negative before a ReLU, the output and so R are zero, and the output stands in for it.
  func relevance(
    _ r: Planes, _ values: StepValues, _ saved: any Sendable, _ parameters: ParameterStore, into flow: Flow,
    _ run: inout Run, record: (Graph.Value, Planes) -> Void
  ) {
    let saved = unwrap(saved, as: Saved.self)
    var through = r
    if let sum, let shortcutRank, let branch = saved.convolved, let tensors = tensors(parameters) {
      run.engine.splitRelevance(
        r, of: values.requireOutput(), shortcut: values.input(shortcutRank), branch: branch,
        by: BatchNormalization().runningAffine(tensors), channels: sum.channels)
      record(sum.branch, branch)
      through = branch
      flow.add(r, to: inputs[shortcutRank], run.engine)
    }
    guard flow.wants(inputs[Self.inputRank]) else { return }
    let weights = run.signedConvolutions[node] ?? convolution.signedWeights(parameters[node])
    convolution.relevance(
      through, input: values.input(Self.inputRank), sums: saved.sums, weights,
      into: NodeFlow(flow: flow, inputs: inputs, engine: run.engine), run)
  }

  // MARK: Looking inside

  func keptPlanes(_ saved: any Sendable) -> [(node: Int, planes: Planes)] {
    unwrap(saved, as: Saved.self).convolved.map { [(node, $0)] } ?? []
  }
}
