import CKernels

extension Engine {
  /// Gradient of ``convolve(_:_:bias:stride:padding:groups:phases:method:into:)`` with respect to its weights.
  ///
  /// dW[o, c, u, v] = sum over n, r, q of dy[o, n, r, q] * x[c', n, r * stride + u - padding, q * stride + v - padding],
  /// c' being the c-th input channel of the group that output channel o belongs to
  ///
  /// - Parameters:
  ///   - input: planes [inputChannels, images, rows, columns]
  ///   - outputGradient: planes [outputChannels, images, output rows, output columns]
  ///   - phases: of the input, if ``splitPhases(_:into:)`` has made them
  ///   - gradient: [outputChannels, inputChannels / groups, k, k], overwritten
  /// - Complexity: as many MACs as the convolution; sums in a fixed order, whatever the number of threads.
  public func convolutionWeightGradient(
    _ input: Planes, _ outputGradient: Planes, stride: Int, padding: Int? = nil, groups: Int = 1,
    phases: Planes? = nil, into gradient: inout Tensor
  ) {
    let problem = requireConvolution(
      input: input.shape, weight: gradient.shape, stride: stride, padding: padding, groups: groups,
      output: outputGradient.shape)
    let kernel = problem.kernel
    if groups > 1 { return plainWeightGradient(problem, input, outputGradient, into: &gradient) }
    guard problem.isCentered, kernel <= 3 else {
      return unfoldedWeightGradient(problem, input, outputGradient, into: &gradient)
    }
    let inputs = input.shape.channels
    let outputs = outputGradient.shape.channels
    if let tiles = winogradTiles(input, channels: outputs, kernel: kernel, stride: stride) {
      if WinogradTiles.areMany(inputs, outputs) {
        return manyChannelWinogradWeightGradient(input, outputGradient, tiles: tiles, into: &gradient)
      }
      return winogradGradients(
        input, outputGradient, tiles: tiles, into: &gradient, inputGradient: nil)
    }
    if let padded = paddedTiles(input.shape, channels: outputs, kernel: kernel, stride: stride) {
      return paddedWeightGradient(input, outputGradient, padded: padded, into: &gradient)
    }
    if multipliesBatchInnermost(input.shape, outputs: outputs, kernel: kernel, stride: stride) {
      return batchInnermostWeightGradient(input, outputGradient, into: &gradient)
    }
    let columns = inputs * kernel * kernel
    let split = WeightGradientSplit(outputs: outputs, length: outputGradient.geometry.length)
    gradient.values.withUnsafeMutableBufferPointer { gradient in
      guard let gradient = gradient.baseAddress else { return }
      withTapPlanes(input, phases: phases, kernel: kernel, stride: stride, output: outputGradient) {
        planes, taps in
        taps.offsets.withUnsafeBufferPointer { offsets in
          let job = ck_weight_gradient(
            dy: outputGradient.plane(0), dy_stride: outputGradient.geometry.stride, x: planes.plane(0),
            x_stride: planes.geometry.stride * taps.phases, inputs: Int64(inputs),
            offsets: offsets.baseAddress,
            taps: Int64(offsets.count))
          sum(job, split: split, columns: columns, into: gradient)
        }
      }
    }
  }

  /// Both gradients of ``convolve(_:_:bias:stride:padding:groups:phases:method:into:)``, to the bit those that
  /// ``convolutionWeightGradient(_:_:stride:padding:groups:phases:into:)`` and
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
      output: outputGradient.shape)
    precondition(weight.shape == gradient.shape, "\(weight.shape) and \(gradient.shape) differ")
    requireSameShape(input, inputGradient)
    precondition(
      !inputGradient.overlaps(outputGradient) && !inputGradient.overlaps(input),
      "a convolution's gradient cannot overwrite what it reads")
    if gradientsShareWork(
      input, outputGradient, kernel: problem.kernel, stride: stride, padding: padding, groups: groups),
      let tiles = WinogradTiles(input.shape, input.geometry)
    {
      return winogradGradients(
        input, outputGradient, tiles: tiles, into: &gradient,
        inputGradient: (inputGradient, weight, accumulate))
    }
    convolutionWeightGradient(
      input, outputGradient, stride: stride, padding: padding, groups: groups, into: &gradient)
    convolutionInputGradient(
      outputGradient, weight, stride: stride, padding: padding, groups: groups, accumulate: accumulate,
      into: inputGradient)
  }

  /// Whether both gradients come from one pass over what they share; they are the same either way.
  public func gradientsShareWork(
    _ input: Planes, _ outputGradient: Planes, kernel: Int, stride: Int, padding: Int? = nil, groups: Int = 1
  ) -> Bool {
    let (inputs, outputs) = (input.shape.channels, outputGradient.shape.channels)
    guard groups == 1, padding ?? kernel / 2 == kernel / 2,
      filtersByTiles(input, channels: outputs, kernel: kernel, stride: stride),
      !WinogradTiles.areMany(inputs, outputs),
      let tiles = WinogradTiles.count(input.shape, input.geometry)
    else { return false }
    // The input's alone can be cut finer.
    let split = WinogradGradientSplit(
      tiles: tiles, inputs: inputs, outputs: outputs, cached: Int(loops.cached_floats))
    return split.groups >= threads
  }

  private func sum(
    _ job: ck_weight_gradient, split: WeightGradientSplit, columns: Int,
    into gradient: UnsafeMutablePointer<Float>
  ) {
    // Tasks write to output channels of their own.
    nonisolated(unsafe) let gradient = gradient
    let size = split.outputs * columns
    scratch.floats(split.groups * size) { partials in
      parallel(split.blocks * split.groups) { task in
        let range = split.block(task / split.groups)
        let group = task % split.groups
        var job = job
        scratch.floats(Int(ck_gradient_scratch(job.inputs, job.taps))) { sums in
          loops.weight_gradient(
            &job, Int64(range.lowerBound), Int64(range.count), group * split.width,
            min(split.length, (group + 1) * split.width), sums,
            partials + (group * size + range.lowerBound * columns))
        }
      }
      // Groups of pixels in their order.
      parallel(split.outputs) { output in
        ck_sum_groups(
          partials + output * columns, Int64(split.groups), size, Int64(columns), gradient + output * columns)
      }
    }
  }
}

/// How a weight gradient's work is cut: blocks of output channels, and groups of pixels whose sums are added in order.
/// Depends on the problem's size alone.
private struct WeightGradientSplit {
  let outputs: Int
  let length: Int
  let blocks: Int
  let groups: Int
  /// Elements of a plane in a group.
  let width: Int

  init(outputs: Int, length: Int) {
    self.outputs = outputs
    self.length = length
    blocks = outputs.dividedRoundingUp(by: CK_GRADIENT_GROUP)
    // Enough tasks to share evenly, but none too small.
    let wanted = max(1, min(24 / max(1, blocks), length / 2048))
    width = max(1, length.dividedRoundingUp(by: wanted)).roundedUp(to: CK_VECTOR_FLOATS)
    groups = max(1, length.dividedRoundingUp(by: width))
  }

  /// Output channels of a block; blocks differ by one channel at most.
  func block(_ index: Int) -> Range<Int> {
    index * outputs / blocks..<(index + 1) * outputs / blocks
  }
}
