import CKernels

/// The positive and the negative contributions to a convolution's outputs, each summed: the
/// denominators of the alpha-beta rule, planes of the output's shape.
///
/// V+ x + 1e-9 and V- x + 1e-9, V+ = max(W, 1e-9), V- = min(W, -1e-9)
public struct Contributions: Sendable {
  public let positive: Planes
  public let negative: Planes

  public init(positive: Planes, negative: Planes) {
    self.positive = positive
    self.negative = negative
  }
}

extension Engine {
  /// A convolution that also sums positive and negative contributions apart, and what batch norm
  /// and an activation make of both.
  ///
  /// y = f(scale * (W x) + shift)
  ///
  /// - Parameters:
  ///   - x: planes [inputChannels, images, rows, columns]
  ///   - convolution: one that is ``ConvolutionProblem/isSumOfShiftedPlanes``; its planes together
  ///     less than 2^31 elements
  ///   - affine: scale and shift of every output channel
  ///   - activation: f, nil for none
  ///   - sums: planes of the output's shape each
  ///   - y: planes [outputChannels, images, (rows - 1) / stride + 1, (columns - 1) / stride + 1]
  /// - Complexity: k * k * inputChannels MACs for each pixel of the output, directly: sums that are
  ///   small beside others are as exact as those.
  public func convolveSplittingContributions(
    _ x: Planes, _ convolution: SignedConvolution, affine: [ChannelAffine], activation: ActivationFunction?,
    sums: Contributions, into y: Planes
  ) {
    let (weight, stride) = (convolution.weight, convolution.stride)
    let problem = requireConvolution(convolution, input: x.shape, output: y.shape)
    let kernel = problem.kernel
    requireSums(problem)
    requireCount(affine, y.shape.channels, "affine")
    requireSameShape(sums.positive, y)
    requireSameShape(sums.negative, y)
    guard y.shape.images > 0 else { return }
    let bounds = activation?.bounds ?? .none
    defer {
      if let activation, activation.bounds == nil { activate(y, by: activation, into: y) }
    }
    let groups = ImageGroups(of: y.shape, kernel: kernel, stride: stride, engine: self)
    let boxTaps = ConvolutionTaps(kernel: kernel, stride: stride, geometry: groups.geometry)
    if let lanes = groups.lanes {
      return withScalesAndShifts(affine) { scale, shift in
        convolveSplittingContributions(
          x, convolution, groups, lanes, boxTaps, scale: scale, shift: shift, bounds: bounds, sums: sums,
          into: y)
      }
    }
    withTapPlanes(x, kernel: kernel, stride: stride, output: y) { x, offsets in
      let planes = x.planes
      let weights = convolution.weights(.sums(planes.shape)) {
        SignedWeights(
          weight, transposed: false, taps: (offsets.indices.map(Int64.init), offsets),
          stride: planes.geometry.stride * x.phases, on: self)
      }
      let prefetch = Prefetch([planes, sums.positive, sums.negative, y])
      withScalesAndShifts(affine) { scale, shift in
        groups.forEach {
          BoxSums(groups.shape, boxTaps)
        } _: { boxes, images, next in
          let first = images.lowerBound
          sumBoxes(of: planes, images, boxTaps, into: boxes)
          prefetch.withLines(of: groups.span(next), blocks: groups.blocks(rows: y.shape.channels)) {
            prefetch in
            groups.withVectors(of: images) { vectors, mask, count in
              var job = ck_contributions(
                x: planes.plane(0, image: first), weights: weights.packed, box: boxes.sums.plane(0),
                scale: scale,
                shift: shift, bounds: bounds, positive: sums.positive.plane(0, image: first),
                negative: sums.negative.plane(0, image: first), y: y.plane(0, image: first),
                stride: y.geometry.stride, mask: mask, vectors: vectors, prefetch: prefetch)
              loops.contributions(&job, 0, count)
            }
          }
        }
      }
    }
  }

  func requireConvolution(
    _ convolution: SignedConvolution, input: PlaneShape, output: PlaneShape
  ) -> ConvolutionProblem {
    requireConvolution(
      input: input, weight: convolution.weight.shape, stride: convolution.stride,
      padding: convolution.padding, groups: convolution.groups, output: output, precision: .float32)
  }

  func requireSums(_ problem: ConvolutionProblem) {
    precondition(problem.isSumOfShiftedPlanes, "this convolution's contributions are not split")
  }

  /// In the batch-innermost layout.
  private func convolveSplittingContributions(
    _ x: Planes, _ convolution: SignedConvolution, _ groups: ImageGroups, _ lanes: BatchInnermostLayout,
    _ boxTaps: ConvolutionTaps, scale: UnsafePointer<Float>?, shift: UnsafePointer<Float>?, bounds: ck_bounds,
    sums: Contributions, into y: Planes
  ) {
    let weights = lanes.weights(convolution, adjoint: false, on: self)
    let (inputs, outputs) = (x.shape.channels, y.shape.channels)
    let prefetch = Prefetch([x, sums.positive, sums.negative, y])
    let few = BatchInnermostLayout.channelsAtATime
    groups.forEach {
      BoxSums(groups.shape, boxTaps)
    } _: { boxes, images, next in
      sumBoxes(of: x, images, boxTaps, into: boxes)
      lanes.withRoom(1 + inputs + 3 * few, scratch) { room in
        let stride = lanes.stride
        let (from, to) = (room + stride, room + (1 + inputs) * stride)
        lanes.gather(boxes.sums, channels: 0..<1, images: 0..<images.count, into: room)
        lanes.gather(x, channels: 0..<inputs, images: images, into: from)
        prefetch.withLines(of: groups.span(next), blocks: groups.blocks(rows: outputs)) { prefetch in
          lanes.forEachChannels(outputs) { channels in
            let first = channels.lowerBound
            lanes.forEachBand(weights, rows: channels) { weights, vectors, count in
              var job = ck_contributions(
                x: from, weights: weights, box: room, scale: scale.map { $0 + first },
                shift: shift.map { $0 + first }, bounds: bounds, positive: to, negative: to + few * stride,
                y: to + 2 * few * stride, stride: stride, mask: groups.geometry.mask, vectors: vectors,
                prefetch: prefetch)
              loops.contributions(&job, 0, count)
            }
            for (place, planes) in [sums.positive, sums.negative, y].enumerated() {
              lanes.scatter(to + place * few * stride, channels: channels, images: images, into: planes)
            }
          }
        }
      }
    }
  }

  private func withScalesAndShifts(
    _ affine: [ChannelAffine], _ body: (UnsafePointer<Float>?, UnsafePointer<Float>?) -> Void
  ) {
    affine.map(\.scale).withUnsafeBufferPointer { scales in
      affine.map(\.shift).withUnsafeBufferPointer { shifts in body(scales.baseAddress, shifts.baseAddress) }
    }
  }

  /// The sum of all inputs that an output pixel reads, for the images of a group.
  private struct BoxSums {
    /// Over channels alone, for each phase.
    let totals: Planes
    let sums: Planes

    /// - Parameters:
    ///   - group: shape of a group's outputs
    ///   - taps: for planes of that shape
    init(_ group: PlaneShape, _ taps: ConvolutionTaps) {
      totals = Planes(uninitialized: group.with(channels: taps.phases))
      sums = Planes(uninitialized: group.with(channels: 1))
    }
  }

  /// - Parameters:
  ///   - x: inputs, or their phase planes.
  ///   - images: one of the groups.
  ///   - taps: for planes of a group's outputs.
  private func sumBoxes(
    of x: Planes, _ images: Range<Int>, _ taps: ConvolutionTaps, into boxes: BoxSums
  ) {
    for phase in 0..<taps.phases {
      sumTaps(
        of: x.plane(phase, image: images.lowerBound), stride: x.geometry.stride * taps.phases,
        channels: x.shape.channels / taps.phases, offsets: [0], images: images.count, into: boxes.totals,
        phase)
    }
    sumTaps(
      of: boxes.totals.plane(0), stride: boxes.totals.geometry.stride, channels: 1, offsets: taps.offsets,
      images: images.count, into: boxes.sums)
  }

  /// sum[channel][p] = sum over channels c and offsets d of x[c][p + d], for the pixels p of the
  /// given number of images.
  func sumTaps(
    of x: UnsafePointer<Float>, stride: Int, channels: Int, offsets: [Int], images: Int, into sum: Planes,
    _ channel: Int = 0
  ) {
    let weights = [Float](repeating: 1, count: channels * offsets.count)
    let length = (images * sum.geometry.imageStride).roundedUp(to: CK_VECTOR_FLOATS)
    weights.withUnsafeBufferPointer { weights in
      offsets.withUnsafeBufferPointer { offsets in
        let job = ck_convolution(
          x: x, x_stride: stride, inputs: Int64(channels), offsets: offsets.baseAddress,
          taps: Int64(offsets.count), weights: weights.baseAddress, bias: nil, y: sum.plane(channel),
          y_stride: sum.geometry.stride, outputs: 1, mask: sum.geometry.mask, accumulate: false)
        run(job, length: length)
      }
    }
  }
}
