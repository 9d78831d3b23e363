import CKernels

extension Engine {
  /// Relevance of a convolution's input from that of its output by the alpha-beta rule (Bach et al. 2015, "On pixel-wise
  /// explanations for non-linear classifier decisions by layer-wise relevance propagation", eq. 60, as in arXiv 2002.09958).
  ///
  /// R_in = x * (alpha * V+^T (R / (V+ x + 1e-9)) - beta * V-^T (R / (V- x + 1e-9))), V+ = max(W, 1e-9), V- = min(W, -1e-9)
  ///
  /// - Parameters:
  ///   - relevance: planes [outputChannels, images, (rows - 1) / stride + 1, (columns - 1) / stride + 1]
  ///   - weight: [outputChannels, inputChannels, k, k], k odd
  ///   - input: x, planes [inputChannels, images, rows, columns], nowhere negative
  ///   - result: planes of the input's shape, not the input
  /// - Complexity: 2 * k * k * inputChannels MACs for each pixel of the output: each weight counts by its own sign.
  public func convolutionRelevance(
    _ relevance: Planes, _ weight: Tensor, stride: Int, input: Planes, alpha: Float, beta: Float,
    into result: Planes
  ) {
    let kernel = requireConvolution(
      input: input.shape, weight: weight.shape, stride: stride, output: relevance.shape)
    requireSameShape(input, result)
    precondition(input !== result, "relevance cannot overwrite what it belongs to")
    let outputs = relevance.shape.channels
    if kernel > 3 || hasSmallMaps(input.shape, outputs: outputs, kernel: kernel, stride: stride) {
      return relevanceBySigns(
        relevance, weight, stride: stride, input: input, alpha: alpha, beta: beta, into: result)
    }
    withTapPlanes(input, kernel: kernel, stride: stride, output: relevance) { planes, taps in
      withTemporaryPlanes(relevance.shape) { positive in
        withTemporaryPlanes(relevance.shape) { negative in
          withTemporaryPlanes(relevance.shape.with(channels: 1)) { total in
            let quotients = Quotients(positive: positive, negative: negative, total: total)
            divide(relevance, weight, planes, taps, alpha: alpha, beta: beta, into: quotients)
            if stride == 1 {
              let shifts = taps.offsets
              let index = shifts.indices.reversed().map(Int64.init)
              spread(
                quotients, weight, taps: (index, shifts), input: planes.plane(0),
                stride: planes.geometry.stride, into: result.plane(0), resultStride: result.geometry.stride)
            } else {
              spreadPhases(quotients, weight, kernel: kernel, planes, into: result)
            }
          }
        }
      }
    }
  }

  /// As two convolutions and two gradients, one of each for either sign.
  private func relevanceBySigns(
    _ relevance: Planes, _ weight: Tensor, stride: Int, input: Planes, alpha: Float, beta: Float,
    into result: Planes
  ) {
    func share(_ part: (Float) -> Float, into share: Planes) {
      let weights = Tensor(shape: weight.shape, values: weight.values.map(part))
      withTemporaryPlanes(relevance.shape) { quotients in
        convolve(input, weights, stride: stride, method: .direct, into: quotients)
        quotient(relevance, by: quotients, into: quotients)
        convolutionInputGradient(quotients, weights, stride: stride, method: .direct, into: share)
      }
    }
    withTemporaryPlanes(input.shape) { negative in
      share({ max($0, 1e-9) }, into: result)
      share({ min($0, -1e-9) }, into: negative)
      combine(
        activation: input, positive: result, alpha: alpha, negative: negative, beta: beta, into: result)
    }
  }

  // MARK: Parts

  /// Relevance over what the output's channels summed, for either sign of weights.
  private struct Quotients {
    let positive: Planes
    let negative: Planes
    /// What weights closer to zero than 1e-9 pass on of them: the same for all inputs.
    let total: Planes
  }

  private func divide(
    _ relevance: Planes, _ weight: Tensor, _ planes: Planes, _ taps: ConvolutionTaps, alpha: Float,
    beta: Float, into quotients: Quotients
  ) {
    let geometry = relevance.geometry
    let inputs = weight.shape[1]
    withTemporaryPlanes(relevance.shape.with(channels: 1)) { box in
      withTemporaryPlanes(relevance.shape.with(channels: taps.phases)) { total in
        for phase in 0..<taps.phases {
          sumTaps(
            of: planes.plane(phase), stride: planes.geometry.stride * taps.phases, channels: inputs,
            offsets: [0], into: total, phase)
        }
        sumTaps(
          of: total.plane(0), stride: geometry.stride, channels: 1, offsets: taps.offsets, into: box)
      }
      let index = taps.offsets.indices.map(Int64.init)
      withSignedWeights(
        weight, transposed: false, taps: (index, taps.offsets), stride: planes.geometry.stride * taps.phases
      ) { weights in
        let job = ck_relevance_quotients(
          x: planes.plane(0), weights: weights, box: box.plane(0), relevance: relevance.plane(0),
          alpha: alpha, beta: beta, positive: quotients.positive.plane(0),
          negative: quotients.negative.plane(0), total: quotients.total.plane(0), stride: geometry.stride,
          mask: geometry.mask)
        forEachPiece(of: geometry, channels: inputs * taps.phases) { begin, end in
          var job = job
          loops.relevance_quotients(&job, begin, end)
        }
      }
    }
  }

  /// - Parameter taps: their places in the kernel, and what each reads.
  private func spread(
    _ quotients: Quotients, _ weight: Tensor, taps: (index: [Int64], offsets: [Int]),
    input: UnsafeMutablePointer<Float>, stride: Int, into result: UnsafeMutablePointer<Float>,
    resultStride: Int
  ) {
    let (positive, negative) = (quotients.positive, quotients.negative)
    let geometry = positive.geometry
    withTemporaryPlanes(quotients.total.shape) { box in
      sumTaps(
        of: quotients.total.plane(0), stride: geometry.stride, channels: 1, offsets: taps.offsets, into: box)
      withSignedWeights(weight, transposed: true, taps: taps, stride: geometry.stride) { weights in
        let job = ck_relevance_spread(
          positive: positive.plane(0), negative: negative.plane(0), weights: weights, box: box.plane(0),
          x: input, result: result, x_stride: stride, result_stride: resultStride, mask: geometry.mask)
        forEachPiece(of: geometry, channels: 2 * positive.shape.channels) { begin, end in
          var job = job
          loops.relevance_spread(&job, begin, end)
        }
      }
    }
  }

  /// - Parameter planes: phase planes of the input.
  private func spreadPhases(
    _ quotients: Quotients, _ weight: Tensor, kernel: Int, _ planes: Planes, into result: Planes
  ) {
    let shape = result.shape
    let phases = planes.shape.channels / max(1, shape.channels)
    withTemporaryPlanes(planes.shape) { split in
      for phase in 0..<phases {
        spread(
          quotients, weight,
          taps: ConvolutionTaps.ofGradientPhase(phase, kernel: kernel, geometry: quotients.total.geometry),
          input: planes.plane(phase), stride: planes.geometry.stride * phases, into: split.plane(phase),
          resultStride: split.geometry.stride * phases)
      }
      forEachImageGroup(channels: shape.channels, shape: shape) { channel, image, images in
        ck_join_phases(
          split.plane(channel * phases), split.geometry.stride, Int64(phases), Int64(shape.rows),
          Int64(shape.columns), Int64(image), Int64(images), false, result.plane(channel))
      }
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
        run(
          ck_convolution(
            x: x, x_stride: stride, inputs: Int64(channels), offsets: offsets.baseAddress,
            taps: Int64(offsets.count), weights: weights.baseAddress, bias: nil, y: sum.plane(channel),
            y_stride: sum.geometry.stride, outputs: 1, mask: sum.geometry.mask, accumulate: false),
          geometry: sum.geometry)
      }
    }
  }

  /// - Parameters:
  ///   - transposed: whether the rows are the weight's inputs rather than its outputs.
  ///   - stride: from one column's planes to the next's.
  private func withSignedWeights(
    _ weight: Tensor, transposed: Bool, taps: (index: [Int64], offsets: [Int]), stride: Int,
    _ body: (ck_signed_weights) -> Void
  ) {
    let (rows, columns) =
      transposed ? (weight.shape[1], weight.shape[0]) : (weight.shape[0], weight.shape[1])
    let (groups, entries) = (rows.dividedRoundingUp(by: CK_SIGNED_GROUP), columns * taps.index.count)
    var counts = [Int32](repeating: 0, count: CK_SIGN_LISTS * groups)
    var offsets = [Int](repeating: 0, count: groups * entries)
    scratch.floats(rows * entries) { weights in
      ck_pack_signed_weights(
        weight.values, Int64(rows), Int64(columns), Int64(weight.shape[2] * weight.shape[3]), taps.index,
        Int64(taps.index.count), transposed, taps.offsets, stride, &counts, &offsets, weights)
      counts.withUnsafeBufferPointer { counts in
        offsets.withUnsafeBufferPointer { offsets in
          body(
            ck_signed_weights(
              counts: counts.baseAddress, offsets: offsets.baseAddress, weights: weights, rows: Int64(rows),
              entries: Int64(entries)))
        }
      }
    }
  }
}
