import CKernels

/// 1x1 and 3x3 convolutions of planes in ``Precision/bfloat16`` as direct sums over shifted planes
/// (see ``ConvolutionTaps``), by instructions that multiply pairs of bfloat16 values. Weights are
/// rounded to bfloat16 for the products; sums are in single precision.
extension Engine {
  func pairConvolve(_ call: ConvolutionAlgorithm.Forward) {
    withTapPlanes(
      call.input, phases: call.phases, kernel: call.problem.kernel, stride: call.problem.stride,
      output: call.output, precision: .bfloat16
    ) { planes, offsets in
      multiplyPairs(
        planes, call.weight, taps: (offsets.indices.map(Int64.init), offsets), transposed: false,
        bias: call.bias, accumulate: false, into: TapPlanes(call.output))
    }
  }

  func pairInputGradient(_ call: ConvolutionAlgorithm.InputGradient) {
    let planes = TapPlanes(call.outputGradient)
    gradientConvolutions(call) { taps, y, phase, accumulate in
      multiplyPairs(
        planes, call.weight, taps: taps, transposed: true, bias: nil, accumulate: accumulate, into: y,
        phase: phase)
    }
  }

  func pairWeightGradient(_ call: ConvolutionAlgorithm.WeightGradient, into gradient: inout Tensor) {
    gradient.values.withUnsafeMutableBufferPointer { gradient in
      guard let gradient = gradient.baseAddress else { return }
      withTapPlanes(
        call.input, phases: call.phases, kernel: call.problem.kernel, stride: call.problem.stride,
        output: call.outputGradient, precision: .bfloat16
      ) { planes, offsets in
        weightGradientProducts(planes, offsets: offsets, call.outputGradient, into: gradient) {
          sumPairs($0, offsets: offsets)
        }
      }
    }
  }

  /// - Parameters:
  ///   - taps: places in the kernel, and the offsets at which they read the planes
  ///   - transposed: whether the weights' first index is that of the planes that are read
  private func multiplyPairs(
    _ x: TapPlanes, _ weight: Tensor, taps: (index: [Int64], offsets: [Int]), transposed: Bool,
    bias: [Float]?, accumulate: Bool, into y: TapPlanes, phase: Int = 0
  ) {
    let (inputs, outputs, geometry) = (x.channels, y.channels, y.planes.geometry)
    withWeightPairs(
      weight, outputs: outputs, inputs: inputs, taps: taps.index, transposed: transposed
    ) { weights in
      withOptionalPointer(bias) { bias in
        taps.offsets.withUnsafeBufferPointer { offsets in
          nonisolated(unsafe) let (bias, offsets) = (bias, offsets.baseAddress)
          forEachChunk(length: geometry.length, channels: max(inputs, outputs)) { begin, end in
            writingAll(y, phase: phase, begin..<end, keepsValues: accumulate) { to, stride in
              var job = ck_pair_convolution(
                x: x.planes.bfloat16Plane(0), x_stride: x.planes.geometry.stride * x.phases,
                inputs: Int64(inputs), offsets: offsets, taps: Int64(taps.index.count), weights: weights,
                bias: bias, y: to, y_stride: stride, outputs: Int64(outputs), mask: geometry.mask,
                accumulate: accumulate)
              loops.convolve_pairs(&job, begin, end)
            }
          }
        }
      }
    }
  }

  private func sumPairs(_ chunk: WeightGradientChunk, offsets: [Int]) {
    let (x, dy) = (chunk.x, chunk.dy)
    let (columns, rows) = (x.planes.bfloat16Plane(0), dy.bfloat16Plane(0) + chunk.pixels.lowerBound)
    for (tap, offset) in offsets.enumerated() {
      var job = ck_pair_sums(
        dy: rows, dy_stride: dy.geometry.stride, rows: Int64(dy.shape.channels),
        x: columns + (chunk.pixels.lowerBound + offset), x_stride: x.planes.geometry.stride * x.phases,
        columns: Int64(x.channels), count: Int64(chunk.pixels.count),
        sums: chunk.sums + tap * chunk.tapStride, sums_stride: chunk.stride, accumulate: !chunk.isFirst)
      loops.pair_sums(&job)
    }
  }

  func withWeightPairs(
    _ weight: Tensor, outputs: Int, inputs: Int, taps: [Int64], transposed: Bool,
    _ body: (UnsafePointer<UInt32>) -> Void
  ) {
    let kernelSize = Int64(weight.shape[2] * weight.shape[3])
    let column = (inputs + 1) / 2 * taps.count
    packing(weight, outputs: outputs, column: column, body) { values, block, packed in
      ck_pack_weight_pairs(
        values, Int64(outputs), Int64(inputs), kernelSize, taps, Int64(taps.count), transposed,
        Int64(block.lowerBound), Int64(block.upperBound), packed)
    }
  }
}
