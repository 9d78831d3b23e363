import CKernels

/// The alpha-beta rule for one convolution of 1x1 or 3x3: its weights, and where the pixels of a few images lie.
struct RelevancePass {
  private let engine: Engine
  private let alpha: Float
  private let beta: Float
  private let stride: Int
  private let vectors: PixelVectors
  private let taps: ConvolutionTaps
  /// Rows are the outputs.
  private let weights: SignedWeights
  /// Rows are the inputs; for each phase of the input those that read it.
  private let gradients: [Gradient]

  private struct Gradient {
    let weights: SignedWeights
    let offsets: [Int]
  }

  /// Relevance over what the output's channels summed, for either sign of weights. Borders are zero, as in all planes, and stay
  /// so: the loops write pixels alone.
  private struct Quotients {
    let positive: Planes
    let negative: Planes
    /// What weights closer to zero than 1e-9 pass on of them: the same for all inputs.
    let total: Planes

    init(_ shape: PlaneShape) {
      positive = Planes(uninitialized: shape)
      negative = Planes(uninitialized: shape)
      total = Planes(uninitialized: shape.with(channels: 1))
    }
  }

  /// - Parameters:
  ///   - weight: [outputChannels, inputChannels, k, k], k 1 or 3
  ///   - output: of the planes that relevance comes in.
  init(engine: Engine, weight: Tensor, stride: Int, output: PlaneShape, alpha: Float, beta: Float) {
    let geometry = PlaneGeometry.of(output)
    let kernel = weight.shape[2]
    let taps = ConvolutionTaps(kernel: kernel, stride: stride, geometry: geometry)
    func gradient(_ taps: (index: [Int64], offsets: [Int])) -> Gradient {
      Gradient(
        weights: SignedWeights(weight, transposed: true, taps: taps, stride: geometry.stride),
        offsets: taps.offsets)
    }
    let places = taps.offsets.indices.map(Int64.init)
    weights = SignedWeights(
      weight, transposed: false, taps: (places, taps.offsets), stride: geometry.stride * taps.phases)
    if stride == 1 {
      gradients = [gradient((places.reversed(), taps.offsets))]
    } else {
      gradients = (0..<taps.phases).map {
        gradient(ConvolutionTaps.ofGradientPhase($0, kernel: kernel, geometry: geometry))
      }
    }
    self.engine = engine
    self.alpha = alpha
    self.beta = beta
    self.stride = stride
    self.taps = taps
    vectors = PixelVectors(of: geometry, width: Int(engine.loops.width))
  }

  /// - Parameters:
  ///   - relevance: planes of the shape that the pass was made for.
  ///   - result: planes of the input's shape.
  func propagate(_ relevance: Planes, input: Planes, into result: Planes) {
    engine.withPhasePlanes(
      input, phases: taps.phases, stride: stride, output: relevance.shape
    ) { planes in
      let quotients = Quotients(relevance.shape)
      divide(relevance, planes, into: quotients)
      guard stride > 1 else { return spread(quotients, phase: 0, planes, into: result) }
      engine.withTemporaryPlanes(planes.shape) { split in
        for phase in 0..<taps.phases { spread(quotients, phase: phase, planes, into: split) }
        engine.joinPhases(split, phases: taps.phases, accumulate: false, into: result)
      }
    }
  }

  private func divide(_ relevance: Planes, _ planes: Planes, into quotients: Quotients) {
    let geometry = relevance.geometry
    let total = Planes(uninitialized: relevance.shape.with(channels: taps.phases))
    let box = Planes(uninitialized: relevance.shape.with(channels: 1))
    let channels = planes.shape.channels / taps.phases
    for phase in 0..<taps.phases {
      sumTaps(
        of: planes.plane(phase), stride: geometry.stride * taps.phases, channels: channels, offsets: [0],
        into: total, phase)
    }
    sumTaps(of: total.plane(0), stride: geometry.stride, channels: 1, offsets: taps.offsets, into: box)
    vectors.forEachPiece(channels: planes.shape.channels, on: engine) { vectors, begin, end in
      var job = ck_relevance_quotients(
        x: planes.plane(0), weights: weights.packed, box: box.plane(0), relevance: relevance.plane(0),
        alpha: alpha, beta: beta, positive: quotients.positive.plane(0),
        negative: quotients.negative.plane(0), total: quotients.total.plane(0), stride: geometry.stride,
        mask: geometry.mask, vectors: vectors)
      engine.loops.relevance_quotients(&job, begin, end)
    }
  }

  private func spread(_ quotients: Quotients, phase: Int, _ planes: Planes, into result: Planes) {
    let geometry = quotients.total.geometry
    let box = Planes(uninitialized: quotients.total.shape)
    let gradient = gradients[phase]
    sumTaps(
      of: quotients.total.plane(0), stride: geometry.stride, channels: 1, offsets: gradient.offsets, into: box
    )
    vectors.forEachPiece(channels: 2 * quotients.positive.shape.channels, on: engine) { vectors, begin, end in
      var job = ck_relevance_spread(
        positive: quotients.positive.plane(0), negative: quotients.negative.plane(0),
        weights: gradient.weights.packed, box: box.plane(0), x: planes.plane(phase),
        result: result.plane(phase), x_stride: geometry.stride * taps.phases,
        result_stride: geometry.stride * taps.phases, mask: geometry.mask, vectors: vectors)
      engine.loops.relevance_spread(&job, begin, end)
    }
  }

  /// sum[channel][p] = sum over channels c and offsets d of x[c][p + d].
  private func sumTaps(
    of x: UnsafeMutablePointer<Float>, stride: Int, channels: Int, offsets: [Int], into sum: Planes,
    _ channel: Int = 0
  ) {
    let weights = [Float](repeating: 1, count: channels * offsets.count)
    weights.withUnsafeBufferPointer { weights in
      offsets.withUnsafeBufferPointer { offsets in
        engine.run(
          ck_convolution(
            x: x, x_stride: stride, inputs: Int64(channels), offsets: offsets.baseAddress,
            taps: Int64(offsets.count), weights: weights.baseAddress, bias: nil, y: sum.plane(channel),
            y_stride: sum.geometry.stride, outputs: 1, mask: sum.geometry.mask, accumulate: false),
          geometry: sum.geometry)
      }
    }
  }
}
