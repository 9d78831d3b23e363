import Compute

/// Training of a depthwise convolution and the batch norm behind it, a channel at a time, as both
/// are bound by memory.
extension ConvolutionStep {
  private func fuses(_ input: Planes, _ run: Run) -> Bool {
    run.mode == .training && run.method == .fastest && sum == nil && normalization != nil
      && convolution.isDepthwise(inputs: input.shape.channels)
      && run.engine.fusesBatchNorm(convolution.problem(input.shape))
  }

  /// Nil where convolution and batch norm are computed one after the other.
  func forwardByChannel(
    _ input: Planes, _ parameters: ParameterStore, _ run: Run
  ) -> (output: Planes, saved: Saved)? {
    guard fuses(input, run), let normalization = tensors(parameters) else { return nil }
    let own = parameters[node]
    let convolved = run.planes(convolution.outputShape(input.shape))
    let output = run.planes(convolved.shape)
    let bias = convolution.hasBias ? own[1].value.values : nil
    let statistics = run.timed(
      own[0].layer, .forward, macs: convolution.macs(convolved, own[0].value),
      bytes: input.bytes + convolved.bytes + output.bytes,
      algorithm: run.engine.convolutionAlgorithm(.forward, convolution.problem(input.shape))
    ) {
      BatchNormalization().normalize(normalization, pixels: convolved.shape.pixelsPerChannel) {
        run.engine.depthwiseBatchNorm(
          input, own[0].value, bias: bias, activation: activation, into: convolved, output, affine: $0)
      }
    }
    return (output, Saved(convolved: convolved, statistics: statistics))
  }

  /// Sets all gradients of tensors and adds the input's; false where it leaves that to the
  /// gradients of batch norm and convolution, one after the other.
  func backwardByChannel(
    _ dy: Planes, _ input: Planes, _ saved: Saved, _ parameters: ParameterStore, into flow: Flow, _ run: Run
  ) -> Bool {
    let source = inputs[Self.inputRank]
    guard fuses(input, run), !convolution.hasBias, flow.wants(source), let convolved = saved.convolved,
      let statistics = saved.statistics, let tensors = tensors(parameters)
    else { return false }
    let normalization = BatchNormalization()
    let weight = parameters[node][0]
    flow.write(to: source, input.shape) { inputGradient, accumulate in
      run.timed(
        weight.layer, .gradients,
        macs: 2 * convolution.macs(dy, weight.value),
        bytes: 2 * input.bytes + dy.bytes + convolved.bytes,
        algorithm: run.engine.convolutionAlgorithm(.weightGradient, convolution.problem(input.shape))
      ) {
        (tensors.bias.gradient.values, tensors.weight.gradient.values) =
          run.engine.depthwiseBatchNormGradients(
            dy, convolved: convolved, normalization: normalization.gradientTerms(statistics, tensors),
            activation: normalization.behind(statistics, tensors, activation), input: input,
            weight: weight.value, accumulate: accumulate, into: &weight.gradient,
            inputGradient: inputGradient)
      }
    }
    return true
  }
}
