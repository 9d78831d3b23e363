/// Convolutions in groups: each is one of its own, of some of the channels, by the algorithm that
/// pays for it.
extension Engine {
  func groupedConvolve(_ call: ConvolutionAlgorithm.Forward) {
    let groups = ConvolutionGroups(call.problem)
    let algorithm = algorithm(.forward, groups.problem, method: call.method)
    forEachGroup(groups) { group in
      let outputs = groups.outputs(group)
      algorithm.forward(
        self,
        ConvolutionAlgorithm.Forward(
          problem: groups.problem, input: call.input.channels(groups.inputs(group)),
          weight: groups.weights(of: call.weight, group), bias: call.bias.map { Array($0[outputs]) },
          phases: nil, method: call.method, output: call.output.channels(outputs)))
    }
  }

  func groupedInputGradient(_ call: ConvolutionAlgorithm.InputGradient) {
    let groups = ConvolutionGroups(call.problem)
    let algorithm = algorithm(.inputGradient, groups.problem, method: call.method)
    forEachGroup(groups) { group in
      algorithm.inputGradient?(
        self,
        ConvolutionAlgorithm.InputGradient(
          problem: groups.problem, outputGradient: call.outputGradient.channels(groups.outputs(group)),
          weight: groups.weights(of: call.weight, group), accumulate: call.accumulate, method: call.method,
          inputGradient: call.inputGradient.channels(groups.inputs(group))))
    }
  }

  func groupedWeightGradient(_ call: ConvolutionAlgorithm.WeightGradient, into gradient: inout Tensor) {
    let groups = ConvolutionGroups(call.problem)
    let algorithm = algorithm(.weightGradient, groups.problem)
    let size = groups.problem.weightShape.reduce(1, *)
    gradient.values.withUnsafeMutableBufferPointer { gradient in
      // Tasks write to the weights of their own group.
      nonisolated(unsafe) let base = gradient.baseAddress
      forEachGroup(groups) { group in
        var own = Tensor(shape: groups.problem.weightShape)
        algorithm.weightGradient(
          self,
          ConvolutionAlgorithm.WeightGradient(
            problem: groups.problem, input: call.input.channels(groups.inputs(group)),
            outputGradient: call.outputGradient.channels(groups.outputs(group)), phases: nil),
          &own)
        own.values.withUnsafeBufferPointer { own in
          guard let from = own.baseAddress else { return }
          base?.advanced(by: group * size).update(from: from, count: size)
        }
      }
    }
  }

  /// Calls `body` for every group: of many, each thread computes some by itself; few are computed
  /// by all threads, one after the other. The results are the same.
  private func forEachGroup(_ groups: ConvolutionGroups, _ body: (Int) -> Void) {
    guard groups.count < 4 * threads else { return parallel(groups.count, body) }
    for group in 0..<groups.count { body(group) }
  }
}

/// How a convolution's channels are divided among its groups.
private struct ConvolutionGroups {
  let count: Int
  /// Of one group.
  let problem: ConvolutionProblem

  init(_ whole: ConvolutionProblem) {
    count = whole.groups
    problem = ConvolutionProblem(
      input: whole.input.with(channels: whole.input.channels / whole.groups),
      outputs: whole.outputs / whole.groups, kernel: whole.kernel, stride: whole.stride,
      padding: whole.padding)
  }

  func inputs(_ group: Int) -> Range<Int> {
    group * problem.input.channels..<(group + 1) * problem.input.channels
  }

  func outputs(_ group: Int) -> Range<Int> { group * problem.outputs..<(group + 1) * problem.outputs }

  func weights(of weight: Tensor, _ group: Int) -> Tensor {
    let size = weight.count / count
    return Tensor(
      shape: problem.weightShape, values: Array(weight.values[group * size..<(group + 1) * size]))
  }
}
