import CKernels

/// A depthwise convolution with the batch norm and the activation behind it, a channel at a time:
/// both are bound by memory, and a channel's plane is still cached when the other reads it.
extension Engine {
  /// Whether a channel's convolution and batch norm are computed together: where a filter reads
  /// each input plane where it lies, and no other filter does.
  public func fusesBatchNorm(_ problem: ConvolutionProblem) -> Bool {
    problem.readsPlanesDirectly && problem.kernel == 3 && problem.outputs == problem.groups
      && problem.input.columns < CK_SUM_BLOCK / 2
      && [.forward, .weightGradient, .inputGradient].allSatisfy {
        algorithm($0, problem).name == ConvolutionAlgorithm.depthwise.name
      }
  }

  /// Both passes of ``convolve(_:_:bias:stride:padding:groups:phases:method:into:)`` and
  /// ``batchNorm(_:channels:residual:activation:into:affine:)`` as one, to the bit.
  ///
  /// - Parameters:
  ///   - weight: [channels, 1, 3, 3]
  ///   - convolved: becomes what batch norm reads
  ///   - y: becomes what it gives, and the activation makes of that
  ///   - affine: the map of a channel; called for several at a time
  /// - Returns: the moments of `convolved`.
  /// - Precondition: ``fusesBatchNorm(_:)`` holds; none of the planes share memory.
  public func depthwiseBatchNorm(
    _ input: Planes, _ weight: Tensor, bias: [Float]?, activation: ActivationFunction?,
    into convolved: Planes, _ y: Planes,
    affine: (_ channel: Int, _ moments: ChannelMoments) -> ChannelAffine
  ) -> [ChannelMoments] {
    let problem = requireFused(input, weight, convolved)
    precondition(!input.overlaps(convolved) && !input.overlaps(y), "a convolution cannot overwrite its input")
    let filters = PlaneFilters(self, problem, weight)
    return batchNorm(convolved, activation: activation, into: y, affine: affine) { channel, begin, end in
      filters.convolve(input, channel, bias: bias?[channel] ?? 0, into: convolved, begin..<end)
    }
  }

  /// The gradients of ``depthwiseBatchNorm(_:_:bias:activation:into:_:affine:)``, to the bit those
  /// of batch norm and of the convolution one after the other.
  ///
  /// The gradient in between stays in the caches: nobody else reads it.
  ///
  /// - Parameters:
  ///   - dy: of what the activation gave; its values are unspecified afterwards
  ///   - normalization: batch norm's statistics and weights
  ///   - activation: behind batch norm, by what that read
  ///   - gradient: [channels, 1, 3, 3], overwritten
  ///   - inputGradient: overwritten, or added to
  /// - Returns: the gradients of batch norm's shift and scale.
  /// - Precondition: ``fusesBatchNorm(_:)`` holds; `inputGradient` is none of the other planes.
  public func depthwiseBatchNormGradients(
    _ dy: Planes, convolved: Planes, normalization: BatchNormStatistics, activation: BatchNormActivation,
    input: Planes, weight: Tensor, accumulate: Bool, into gradient: inout Tensor, inputGradient: Planes
  ) -> (shift: [Float], scale: [Float]) {
    let problem = requireFused(input, weight, convolved)
    requireSameShape(input, inputGradient)
    precondition(weight.shape == gradient.shape, "\(weight.shape) and \(gradient.shape) differ")
    precondition(
      [dy, convolved, input].allSatisfy { !inputGradient.overlaps($0) },
      "a convolution's gradient cannot overwrite what it reads")
    let terms = BatchNormGradient(
      self, dy, input: convolved, normalization, channels: nil, activation: activation)
    let filters = PlaneFilters(self, problem, weight)
    // Whole rounds of channels, each with a thread of its own; threads share the rest.
    let count = problem.outputs / threads * threads
    var (shift, scale) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
    shift.withUnsafeMutableBufferPointer { shifts in
      scale.withUnsafeMutableBufferPointer { scales in
        gradient.values.withUnsafeMutableBufferPointer { gradients in
          // Tasks write to elements of their own.
          nonisolated(unsafe) let (shifts, scales, gradients) = (shifts, scales, gradients)
          parallel(count) { channel in
            let found = terms.map(channel, of: terms.sums(channel))
            (shifts[channel], scales[channel]) = (found.shift, found.scale)
            let sums = filters.gradients(
              terms, found.map, channel, input: input, into: inputGradient, accumulate: accumulate)
            for (tap, sum) in sums.enumerated() { gradients[channel * sums.count + tap] = sum }
          }
        }
      }
    }
    let rest = count..<problem.outputs
    guard !rest.isEmpty else { return (shift, scale) }
    let left = ConvolutionProblem(
      input: problem.input.with(channels: rest.count), outputs: rest.count, kernel: problem.kernel,
      stride: problem.stride, padding: problem.padding, groups: rest.count)
    let flowing = dy.channels(rest)
    let others = batchNormGradient(
      flowing, input: convolved.channels(rest), normalization.channels(rest), channels: nil,
      activation: activation.channels(rest), into: flowing)
    var own = Tensor(shape: [rest.count] + gradient.shape.dropFirst())
    depthwiseWeightGradient(left, input.channels(rest), flowing, into: &own)
    gradient.values.replaceSubrange((gradient.count - own.count)..., with: own.values)
    depthwiseInputGradient(
      left, flowing, weight.selecting(Array(rest), axis: 0), accumulate: accumulate,
      into: inputGradient.channels(rest))
    return (shift + others.shift, scale + others.scale)
  }

  private func requireFused(_ input: Planes, _ weight: Tensor, _ convolved: Planes) -> ConvolutionProblem {
    let problem = requireConvolution(
      input: input.shape, weight: weight.shape, stride: 1, padding: nil, groups: input.shape.channels,
      output: convolved.shape, precision: input.precision)
    precondition(fusesBatchNorm(problem), "\(weight.shape) over \(input.shape) is not a filter over planes")
    return problem
  }
}

/// 3x3 filters over planes where they lie, one for each channel.
private struct PlaneFilters {
  private let engine: Engine
  private let weight: Tensor
  private let geometry: PlaneGeometry
  private let offsets: [Int]
  private let adjointOffsets: [Int]

  init(_ engine: Engine, _ problem: ConvolutionProblem, _ weight: Tensor) {
    self.engine = engine
    self.weight = weight
    geometry = PlaneGeometry.of(problem.input)
    let pitch = geometry.pitch
    offsets = problem.taps.map { $0.row.shift * pitch + $0.column.shift }
    adjointOffsets = offsets.map { -$0 }
  }

  /// A chunk of a channel.
  func convolve(_ x: Planes, _ channel: Int, bias: Float, into y: Planes, _ range: Range<Int>) {
    engine.reading(x, channel, range.widened(by: offsets)) { x in
      filter(x, offsets, channel, bias: bias, into: y, accumulate: false, range)
    }
  }

  /// Of one channel: batch norm's gradient, in memory that stays cached, and from that the input's
  /// gradient, written, and the weights', returned.
  func gradients(
    _ terms: BatchNormGradient, _ map: BatchNormGradient.Map, _ channel: Int, input: Planes,
    into inputGradient: Planes, accumulate: Bool
  ) -> [Float] {
    let chunks = PlaneChunks(length: geometry.length, .least(input, terms.dy))
    var totals = [Double](repeating: 0, count: offsets.count)
    engine.scratch.floats(geometry.stride) { memory in
      let dz = memory + geometry.lead
      memory.update(repeating: 0, count: geometry.lead)
      (dz + geometry.length).update(
        repeating: 0, count: geometry.stride - geometry.lead - geometry.length)
      func filterChunk(_ begin: Int, _ end: Int) {
        var part = [Double](repeating: 0, count: totals.count)
        engine.reading(input, channel, (begin..<end).widened(by: [-1, 1])) { x in
          var job = ck_plane_gradient(dy: dz, x: x, pitch: geometry.pitch)
          engine.loops.plane_gradient(&job, begin, end, &part)
        }
        for tap in totals.indices { totals[tap] += part[tap] }
        filter(
          dz, adjointOffsets, channel, bias: 0, into: inputGradient, accumulate: accumulate, begin..<end)
      }
      // A chunk's taps read a row of the next one.
      var last: (begin: Int, end: Int)?
      chunks.forEach { begin, end in
        terms.write(channel, map, begin, end, into: dz)
        // As if it were stored in the output gradient's place.
        engine.round(dz, begin..<end, to: terms.dy.precision)
        if let last { filterChunk(last.begin, last.end) }
        last = (begin, end)
      }
      if let last { filterChunk(last.begin, last.end) }
    }
    return totals.map { Float($0) }
  }

  private func filter(
    _ x: UnsafePointer<Float>, _ offsets: [Int], _ channel: Int, bias: Float, into y: Planes,
    accumulate: Bool, _ range: Range<Int>
  ) {
    weight.values.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress else { return }
      engine.writing(y, channel, range, keepsValues: accumulate) {
        engine.filter(
          x, offsets, weights + channel * offsets.count, bias: bias, into: $0, mask: geometry.mask,
          accumulate: accumulate, range)
      }
    }
  }
}
