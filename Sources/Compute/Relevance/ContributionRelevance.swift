import CKernels

/// Relevance's way back through one convolution of 1x1 or 3x3 whose positive and negative
/// contributions are known: its weights, and where the pixels of a group of images lie.
struct ContributionRelevance {
  private let engine: Engine
  private let alpha: Float
  private let beta: Float
  private let stride: Int
  /// Of the input, for each channel.
  private let phases: Int
  private let groups: ImageGroups
  /// For each phase of the input the weights of what reads it; rows are the inputs.
  private let gradients: [Gradient]

  private struct Gradient {
    /// Of each band of the batch-innermost layout, or the only ones.
    let weights: [SignedWeights]
    let offsets: [Int]
  }

  /// Relevance over what the output's channels summed, for either sign of weights. Borders are
  /// zero, as in all planes, and stay so: the loops write pixels alone.
  private struct Quotients {
    let positive: Planes
    let negative: Planes
    /// What weights closer to zero than 1e-9 pass on of them: the same for all inputs.
    let total: Planes
    /// The sum of the total that one phase of the input reads.
    let box: Planes

    init(_ shape: PlaneShape) {
      positive = Planes(uninitialized: shape)
      negative = Planes(uninitialized: shape)
      total = Planes(uninitialized: shape.with(channels: 1))
      box = Planes(uninitialized: total.shape)
    }
  }

  /// - Parameters:
  ///   - convolution: of 1x1 or 3x3
  ///   - output: of the planes that it comes in.
  init(
    engine: Engine, convolution: SignedConvolution, output: PlaneShape, alpha: Float, beta: Float
  ) {
    let stride = convolution.stride
    let kernel = convolution.weight.shape[2]
    let groups = ImageGroups(of: output, kernel: kernel, stride: stride, engine: engine)
    let geometry = groups.geometry
    let taps = ConvolutionTaps(kernel: kernel, stride: stride, geometry: geometry)
    gradients = (0..<taps.phases).map { phase in
      let taps =
        stride == 1
        ? (index: taps.offsets.indices.map(Int64.init).reversed(), offsets: taps.offsets)
        : ConvolutionTaps.ofGradientPhase(phase, kernel: kernel, geometry: geometry)
      if let lanes = groups.lanes {
        return Gradient(weights: lanes.weights(convolution, adjoint: true, on: engine), offsets: taps.offsets)
      }
      let weights = convolution.weights(.gradient(phase: phase, groups.shape)) {
        SignedWeights(
          convolution.weight, transposed: true, taps: taps, stride: geometry.stride, on: engine)
      }
      return Gradient(weights: [weights], offsets: taps.offsets)
    }
    self.engine = engine
    self.alpha = alpha
    self.beta = beta
    self.stride = stride
    self.groups = groups
    phases = taps.phases
  }

  /// - Parameters:
  ///   - relevance: planes of the output's shape, as the sums are.
  ///   - result: planes of the input's shape; overwritten, or added to.
  func propagate(
    _ relevance: Planes, input: Planes, sums: Contributions, accumulate: Bool, into result: Planes
  ) {
    guard stride > 1 else {
      return propagate(relevance, sums, to: input, accumulate: accumulate, into: result)
    }
    engine.withPhasePlanes(input, phases: phases, stride: stride, output: relevance.shape) { planes in
      let split = Planes(uninitialized: planes.shape)
      propagate(relevance, sums, to: planes, accumulate: false, into: split)
      engine.joinPhases(split, phases: phases, accumulate: accumulate, into: result)
    }
  }

  /// - Parameter planes: of the input, or its phases.
  private func propagate(
    _ relevance: Planes, _ sums: Contributions, to planes: Planes, accumulate: Bool, into result: Planes
  ) {
    let prefetch = Prefetch(
      [relevance, sums.positive, sums.negative, planes] + (accumulate ? [result] : []))
    groups.forEach {
      Quotients(groups.shape)
    } _: { quotients, images, next in
      divide(relevance, by: sums, images, into: quotients)
      let blocks = phases * groups.blocks(rows: planes.shape.channels / phases)
      prefetch.withLines(of: groups.span(next), blocks: blocks) { prefetch in
        for phase in 0..<phases {
          spread(
            quotients, phase: phase, images, to: planes, accumulate: accumulate, prefetch: prefetch,
            into: result)
        }
      }
    }
  }

  private func divide(
    _ relevance: Planes, by sums: Contributions, _ images: Range<Int>, into quotients: Quotients
  ) {
    let first = images.lowerBound
    groups.withVectors(of: images) { vectors, mask, count in
      var job = ck_relevance_quotients(
        relevance: relevance.plane(0, image: first), plus: sums.positive.plane(0, image: first),
        minus: sums.negative.plane(0, image: first), stride: relevance.geometry.stride,
        rows: Int64(groups.shape.channels), alpha: alpha, beta: beta, positive: quotients.positive.plane(0),
        negative: quotients.negative.plane(0), total: quotients.total.plane(0),
        quotient_stride: groups.geometry.stride, mask: mask, vectors: vectors)
      engine.loops.relevance_quotients(&job, 0, count)
    }
  }

  private func spread(
    _ quotients: Quotients, phase: Int, _ images: Range<Int>, to planes: Planes, accumulate: Bool,
    prefetch: UnsafeMutablePointer<ck_prefetch>?, into result: Planes
  ) {
    let first = images.lowerBound
    let gradient = gradients[phase]
    engine.sumTaps(
      of: quotients.total.plane(0), stride: groups.geometry.stride, channels: 1, offsets: gradient.offsets,
      images: images.count, into: quotients.box)
    if let lanes = groups.lanes {
      return spread(
        quotients, lanes, gradient.weights, images, to: planes, accumulate: accumulate,
        prefetch: prefetch, into: result)
    }
    groups.withVectors(of: images) { vectors, mask, count in
      var job = ck_redistribution(
        positive: quotients.positive.plane(0), negative: quotients.negative.plane(0),
        weights: gradient.weights[0].packed, box: quotients.box.plane(0),
        x: planes.plane(phase, image: first),
        result: result.plane(phase, image: first), x_stride: planes.geometry.stride * phases,
        result_stride: result.geometry.stride * phases, accumulate: accumulate, mask: mask,
        vectors: vectors, prefetch: prefetch)
      engine.loops.redistribute(&job, 0, count)
    }
  }

  /// In the batch-innermost layout.
  private func spread(
    _ quotients: Quotients, _ lanes: BatchInnermostLayout, _ weights: [SignedWeights], _ images: Range<Int>,
    to planes: Planes, accumulate: Bool, prefetch: UnsafeMutablePointer<ck_prefetch>?, into result: Planes
  ) {
    let (inputs, outputs) = (planes.shape.channels, quotients.positive.shape.channels)
    let few = BatchInnermostLayout.channelsAtATime
    lanes.withRoom(1 + 2 * outputs + 2 * few, engine.scratch) { room in
      let stride = lanes.stride
      let (positive, negative) = (room + stride, room + (1 + outputs) * stride)
      let (x, to) = (room + (1 + 2 * outputs) * stride, room + (1 + 2 * outputs + few) * stride)
      lanes.gather(quotients.box, channels: 0..<1, images: 0..<images.count, into: room)
      lanes.gather(quotients.positive, channels: 0..<outputs, images: 0..<images.count, into: positive)
      lanes.gather(quotients.negative, channels: 0..<outputs, images: 0..<images.count, into: negative)
      lanes.forEachChannels(inputs) { channels in
        lanes.gather(planes, channels: channels, images: images, into: x)
        lanes.forEachBand(weights, rows: channels) { weights, vectors, count in
          var job = ck_redistribution(
            positive: positive, negative: negative, weights: weights, box: room, x: x, result: to,
            x_stride: stride, result_stride: stride, accumulate: false, mask: groups.geometry.mask,
            vectors: vectors, prefetch: prefetch)
          engine.loops.redistribute(&job, 0, count)
        }
        lanes.scatter(to, channels: channels, images: images, accumulate: accumulate, into: result)
      }
    }
  }
}
