import CKernels

/// How a convolution may be computed.
public enum ConvolutionMethod: Sendable {
  /// Whichever way is fastest. The error of a sum is small against its largest terms.
  case fastest
  /// As sums of the products that define it: sums of positive terms keep their relative accuracy, however small.
  case direct
  /// As direct sums in double precision, rounded once: slow, for comparisons with other programs.
  case precise
}

extension Engine {
  /// Convolution with zeros around the input.
  ///
  /// y[o, n, r, q] = bias[o] + sum over c, u, v of weight[o, c, u, v] * x[c', n, r * stride + u - padding, q * stride + v - padding],
  /// c' being the c-th input channel of the group that output channel o belongs to
  ///
  /// - Parameters:
  ///   - input: planes [inputChannels, images, rows, columns]
  ///   - weight: [outputChannels, inputChannels / groups, k, k]
  ///   - bias: one value for each output channel
  ///   - padding: rows and columns of zeros on each side; nil for k / 2
  ///   - groups: of channels; each is convolved by itself
  ///   - phases: of the input, if ``splitPhases(_:into:)`` has made them; for a stride of 2
  ///   - method: ``ConvolutionMethod/direct`` where small sums of positive terms matter
  ///   - output: planes [outputChannels, images, (rows + 2 * padding - k) / stride + 1, (columns + 2 * padding - k) / stride + 1],
  ///     not the input
  /// - Complexity: k * k * inputChannels / groups MACs for each pixel of the output.
  public func convolve(
    _ input: Planes, _ weight: Tensor, bias: [Float]? = nil, stride: Int, padding: Int? = nil,
    groups: Int = 1, phases: Planes? = nil, method: ConvolutionMethod = .fastest, into output: Planes
  ) {
    let problem = requireConvolution(
      input: input.shape, weight: weight.shape, stride: stride, padding: padding, groups: groups,
      output: output.shape)
    precondition(!input.overlaps(output), "a convolution cannot overwrite its input")
    if let bias {
      precondition(bias.count == output.shape.channels, "\(bias.count) biases for \(output.shape)")
    }
    if method == .precise || groups > 1 {
      return plainConvolve(
        problem, input, weight, bias: bias, precise: method == .precise, into: output)
    }
    let kernel = problem.kernel
    guard problem.isCentered, kernel <= 3 else {
      return unfoldedConvolve(problem, input, weight, bias: bias, into: output)
    }
    let outputs = output.shape.channels
    if method == .fastest, let tiles = winogradTiles(input, channels: outputs, kernel: kernel, stride: stride)
    {
      return winogradConvolve(
        input, weight, bias: bias, adjoint: false, accumulate: false, tiles: tiles, into: output)
    }
    if method == .fastest,
      let padded = paddedTiles(input.shape, channels: outputs, kernel: kernel, stride: stride)
    {
      return paddedConvolve(
        input, weight, bias: bias, adjoint: false, accumulate: false, padded: padded, into: output)
    }
    if multipliesBatchInnermost(input.shape, outputs: outputs, kernel: kernel, stride: stride) {
      return batchInnermostConvolve(
        input, weight, bias: bias, adjoint: false, accumulate: false, into: output)
    }
    withTapPlanes(input, phases: phases, kernel: kernel, stride: stride, output: output) { planes, taps in
      withPackedWeights(
        weight, outputs: outputs, inputs: input.shape.channels, taps: (0..<kernel * kernel).map(Int64.init),
        transposed: false
      ) { packed in
        taps.offsets.withUnsafeBufferPointer { offsets in
          withOptionalPointer(bias) { bias in
            run(
              ck_convolution(
                x: planes.plane(0), x_stride: planes.geometry.stride * taps.phases,
                inputs: Int64(input.shape.channels), offsets: offsets.baseAddress, taps: Int64(offsets.count),
                weights: packed, bias: bias, y: output.plane(0), y_stride: output.geometry.stride,
                outputs: Int64(outputs), mask: output.geometry.mask, accumulate: false),
              phases: taps.phases, length: output.geometry.length)
          }
        }
      }
    }
  }

  /// Gradient of ``convolve(_:_:bias:stride:padding:groups:phases:method:into:)`` with respect to its input.
  ///
  /// dx[c, n, i, j] = sum over o, u, v of weight[o, c, u, v] * dy[o, n, r, q], r * stride + u - padding = i and
  /// q * stride + v - padding = j, over the outputs o of the group that input channel c belongs to
  ///
  /// - Parameters:
  ///   - accumulate: adds to `inputGradient` instead of overwriting it
  public func convolutionInputGradient(
    _ outputGradient: Planes, _ weight: Tensor, stride: Int, padding: Int? = nil, groups: Int = 1,
    accumulate: Bool = false, method: ConvolutionMethod = .fastest, into inputGradient: Planes
  ) {
    let problem = requireConvolution(
      input: inputGradient.shape, weight: weight.shape, stride: stride, padding: padding, groups: groups,
      output: outputGradient.shape)
    precondition(
      !inputGradient.overlaps(outputGradient), "a convolution's gradient cannot overwrite what it reads")
    let kernel = problem.kernel
    if !problem.isCentered || kernel > 3 {
      plainInputGradient(problem, outputGradient, weight, accumulate: accumulate, into: inputGradient)
    } else if method == .fastest,
      let tiles = winogradTiles(
        outputGradient, channels: inputGradient.shape.channels, kernel: kernel, stride: stride)
    {
      winogradConvolve(
        outputGradient, weight, bias: nil, adjoint: true, accumulate: accumulate, tiles: tiles,
        into: inputGradient)
    } else if method == .fastest,
      let padded = paddedTiles(
        outputGradient.shape, channels: inputGradient.shape.channels, kernel: kernel, stride: stride)
    {
      paddedConvolve(
        outputGradient, weight, bias: nil, adjoint: true, accumulate: accumulate, padded: padded,
        into: inputGradient)
    } else if multipliesBatchInnermost(
      inputGradient.shape, outputs: outputGradient.shape.channels, kernel: kernel, stride: stride)
    {
      batchInnermostConvolve(
        outputGradient, weight, bias: nil, adjoint: true, accumulate: accumulate, into: inputGradient)
    } else if stride == 1 {
      let offsets = ConvolutionTaps(kernel: kernel, stride: 1, geometry: outputGradient.geometry).offsets
      // A convolution with the kernel turned around.
      let index = (0..<offsets.count).reversed().map(Int64.init)
      gradientConvolution(
        outputGradient, weight, taps: (index, offsets), into: inputGradient.plane(0),
        stride: inputGradient.geometry.stride, accumulate: accumulate)
    } else {
      stridedInputGradient(
        outputGradient, weight, kernel: kernel, accumulate: accumulate, into: inputGradient)
    }
  }

  private func stridedInputGradient(
    _ outputGradient: Planes, _ weight: Tensor, kernel: Int, accumulate: Bool, into inputGradient: Planes
  ) {
    let phases = kernel == 1 ? 1 : 4
    let shape = inputGradient.shape
    withTemporaryPlanes(outputGradient.shape.with(channels: shape.channels * phases)) { split in
      for phase in 0..<phases {
        let taps = ConvolutionTaps.ofGradientPhase(phase, kernel: kernel, geometry: outputGradient.geometry)
        gradientConvolution(
          outputGradient, weight, taps: taps, into: split.plane(phase),
          stride: split.geometry.stride * phases,
          accumulate: false)
      }
      joinPhases(split, phases: phases, accumulate: accumulate, into: inputGradient)
    }
  }

  private func gradientConvolution(
    _ outputGradient: Planes, _ weight: Tensor, taps: (index: [Int64], offsets: [Int]),
    into y: UnsafeMutablePointer<Float>, stride: Int, accumulate: Bool
  ) {
    let inputs = weight.shape[1]
    let geometry = outputGradient.geometry
    withPackedWeights(
      weight, outputs: inputs, inputs: weight.shape[0], taps: taps.index, transposed: true
    ) { packed in
      taps.offsets.withUnsafeBufferPointer { offsets in
        run(
          ck_convolution(
            x: outputGradient.plane(0), x_stride: geometry.stride, inputs: Int64(weight.shape[0]),
            offsets: offsets.baseAddress, taps: Int64(offsets.count), weights: packed, bias: nil, y: y,
            y_stride: stride, outputs: Int64(inputs), mask: geometry.mask, accumulate: accumulate),
          length: geometry.length)
      }
    }
  }

  func withPackedWeights(
    _ weight: Tensor, outputs: Int, inputs: Int, taps: [Int64], transposed: Bool,
    _ body: (UnsafePointer<Float>) -> Void
  ) {
    scratch.floats(outputs * inputs * taps.count) { packed in
      weight.values.withUnsafeBufferPointer { values in
        if let base = values.baseAddress {
          ck_pack_weights(
            base, Int64(outputs), Int64(inputs), Int64(weight.shape[2] * weight.shape[3]), taps,
            Int64(taps.count),
            transposed, packed)
        }
      }
      body(packed)
    }
  }

  func withOptionalPointer(_ values: [Float]?, _ body: (UnsafePointer<Float>?) -> Void) {
    guard let values else { return body(nil) }
    values.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
