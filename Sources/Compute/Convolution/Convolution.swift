/// How a convolution may be computed.
public enum ConvolutionMethod: Sendable {
  /// Whichever way is fastest. The error of a sum is small against its largest terms.
  case fastest
  /// As sums of the products that define it: sums of positive terms keep their relative accuracy,
  /// however small.
  case direct
  /// As direct sums in double precision, rounded once: slow, for comparisons with other programs.
  case precise
}

extension Engine {
  /// Convolution with zeros around the input.
  ///
  /// y[o, n, r, q] = bias[o] + sum over c, u, v of weight[o, c, u, v] * x[c', n, r * stride + u -
  /// padding, q * stride + v - padding], c' being the c-th input channel of the group that output
  /// channel o belongs to
  ///
  /// - Parameters:
  ///   - input: planes [inputChannels, images, rows, columns]
  ///   - weight: [outputChannels, inputChannels / groups, k, k]
  ///   - bias: one value for each output channel
  ///   - padding: rows and columns of zeros on each side; nil for k / 2
  ///   - groups: of channels; each is convolved by itself
  ///   - phases: of the input, if ``splitPhases(_:into:)`` has made them; for a stride of 2 and
  ///     one group
  ///   - method: ``ConvolutionMethod/direct`` where small sums of positive terms matter
  ///   - output: planes [outputChannels, images, (rows + 2 * padding - k) / stride + 1, (columns +
  ///     2 * padding - k) / stride + 1], not the input
  /// - Complexity: k * k * inputChannels / groups MACs for each pixel of the output.
  public func convolve(
    _ input: Planes, _ weight: Tensor, bias: [Float]? = nil, stride: Int, padding: Int? = nil,
    groups: Int = 1, phases: Planes? = nil, method: ConvolutionMethod = .fastest, into output: Planes
  ) {
    let problem = requireConvolution(
      input: input.shape, weight: weight.shape, stride: stride, padding: padding, groups: groups,
      output: output.shape, precision: input.precision, outputPrecision: output.precision)
    precondition(!input.overlaps(output), "a convolution cannot overwrite its input")
    if let bias {
      precondition(bias.count == output.shape.channels, "\(bias.count) biases for \(output.shape)")
    }
    if method == .precise {
      return inSinglePrecision(input) { input in
        inSinglePrecision(writing: output) {
          plainConvolve(problem, input, weight, bias: bias, precise: true, into: $0)
        }
      }
    }
    algorithm(.forward, problem, method: method).compute(
      ConvolutionAlgorithm.Forward(
        problem: problem, input: input, weight: weight, bias: bias, phases: phases, method: method,
        output: output),
      on: self)
  }

  /// Gradient of ``convolve(_:_:bias:stride:padding:groups:phases:method:into:)`` with respect to
  /// its input.
  ///
  /// dx[c, n, i, j] = sum over o, u, v of weight[o, c, u, v] * dy[o, n, r, q], r * stride + u -
  /// padding = i and q * stride + v - padding = j, over the outputs o of the group that input
  /// channel c belongs to
  ///
  /// - Parameters:
  ///   - accumulate: adds to `inputGradient` instead of overwriting it
  public func convolutionInputGradient(
    _ outputGradient: Planes, _ weight: Tensor, stride: Int, padding: Int? = nil, groups: Int = 1,
    accumulate: Bool = false, method: ConvolutionMethod = .fastest, into inputGradient: Planes
  ) {
    let problem = requireConvolution(
      input: inputGradient.shape, weight: weight.shape, stride: stride, padding: padding, groups: groups,
      output: outputGradient.shape, precision: outputGradient.precision)
    precondition(
      !inputGradient.overlaps(outputGradient), "a convolution's gradient cannot overwrite what it reads")
    algorithm(.inputGradient, problem, method: method).compute(
      ConvolutionAlgorithm.InputGradient(
        problem: problem, outputGradient: outputGradient, weight: weight, accumulate: accumulate,
        method: method, inputGradient: inputGradient),
      on: self)
  }

  /// Gradient of ``convolve(_:_:bias:stride:padding:groups:phases:method:into:)`` with respect to
  /// its weights.
  ///
  /// dW[o, c, u, v] = sum over n, r, q of dy[o, n, r, q] * x[c', n, r * stride + u - padding, q *
  /// stride + v - padding], c' being the c-th input channel of the group that output channel o
  /// belongs to
  ///
  /// - Parameters:
  ///   - input: planes [inputChannels, images, rows, columns]
  ///   - outputGradient: planes [outputChannels, images, output rows, output columns]
  ///   - phases: of the input, if ``splitPhases(_:into:)`` has made them
  ///   - gradient: [outputChannels, inputChannels / groups, k, k], overwritten
  /// - Complexity: as many MACs as the convolution; sums in a fixed order, whatever the number of
  ///   threads.
  public func convolutionWeightGradient(
    _ input: Planes, _ outputGradient: Planes, stride: Int, padding: Int? = nil, groups: Int = 1,
    phases: Planes? = nil, into gradient: inout Tensor
  ) {
    let problem = requireConvolution(
      input: input.shape, weight: gradient.shape, stride: stride, padding: padding, groups: groups,
      output: outputGradient.shape, precision: .greatest(input, outputGradient),
      outputPrecision: outputGradient.precision)
    algorithm(.weightGradient, problem).compute(
      ConvolutionAlgorithm.WeightGradient(
        problem: problem, input: input, outputGradient: outputGradient, phases: phases),
      into: &gradient, on: self)
  }

  /// Both gradients of ``convolve(_:_:bias:stride:padding:groups:phases:method:into:)``, to the bit
  /// those that ``convolutionWeightGradient(_:_:stride:padding:groups:phases:into:)`` and
  /// ``convolutionInputGradient(_:_:stride:padding:groups:accumulate:method:into:)`` give.
  ///
  /// - Parameters:
  ///   - inputGradient: neither of the planes that are read
  ///   - accumulate: adds to `inputGradient` instead of overwriting it
  public func convolutionGradients(
    _ input: Planes, _ outputGradient: Planes, _ weight: Tensor, stride: Int, padding: Int? = nil,
    groups: Int = 1, accumulate: Bool, into gradient: inout Tensor, inputGradient: Planes
  ) {
    let problem = requireConvolution(
      input: input.shape, weight: gradient.shape, stride: stride, padding: padding, groups: groups,
      output: outputGradient.shape, precision: .greatest(input, outputGradient),
      outputPrecision: outputGradient.precision)
    precondition(weight.shape == gradient.shape, "\(weight.shape) and \(gradient.shape) differ")
    requireSameShape(input, inputGradient)
    precondition(
      !inputGradient.overlaps(outputGradient) && !inputGradient.overlaps(input),
      "a convolution's gradient cannot overwrite what it reads")
    guard let both = sharedGradients(problem) else {
      convolutionWeightGradient(
        input, outputGradient, stride: stride, padding: padding, groups: groups, into: &gradient)
      return convolutionInputGradient(
        outputGradient, weight, stride: stride, padding: padding, groups: groups, accumulate: accumulate,
        into: inputGradient)
    }
    both.compute(
      self,
      ConvolutionAlgorithm.WeightGradient(
        problem: problem, input: input, outputGradient: outputGradient, phases: nil),
      &gradient,
      ConvolutionAlgorithm.InputGradient(
        problem: problem, outputGradient: outputGradient, weight: weight, accumulate: accumulate,
        method: .fastest, inputGradient: inputGradient))
  }

  /// Whether both gradients come from one pass over what they share; they are the same either way.
  public func gradientsShareWork(_ problem: ConvolutionProblem) -> Bool { sharedGradients(problem) != nil }

  private func sharedGradients(_ problem: ConvolutionProblem) -> ConvolutionAlgorithm.BothGradients? {
    algorithm(.weightGradient, problem).bothGradients.flatMap { $0.pays(problem, self) ? $0 : nil }
  }

  func withOptionalPointer(_ values: [Float]?, _ body: (UnsafePointer<Float>?) -> Void) {
    guard let values else { return body(nil) }
    values.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
