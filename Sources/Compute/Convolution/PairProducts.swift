import CKernels

/// 1x1 and 3x3 convolutions of planes in ``Precision/bfloat16`` as direct sums over shifted planes,
/// by instructions that multiply pairs of bfloat16 values. Weights are rounded to bfloat16 for the
/// products; sums are in single precision.
extension Engine {
  func pairConvolve(_ call: ConvolutionAlgorithm.Application) {
    let (x, weight, y, accumulate) = (call.x, call.weight, call.y, call.accumulate)
    let (inputs, outputs) = (x.shape.channels, y.shape.channels)
    let offsets = ConvolutionTaps(kernel: weight.shape[2], stride: 1, geometry: y.geometry).offsets
    // The adjoint is a convolution with the kernel turned around.
    let taps: [Int] = call.adjoint ? offsets.indices.reversed() : Array(offsets.indices)
    withWeightPairs(
      weight, outputs: outputs, inputs: inputs, taps: taps, transposed: call.adjoint
    ) { weights in
      withOptionalPointer(call.bias) { bias in
        offsets.withUnsafeBufferPointer { offsets in
          nonisolated(unsafe) let (bias, offsets) = (bias, offsets.baseAddress)
          forEachChunk(length: y.geometry.length, channels: max(inputs, outputs)) { begin, end in
            writingAll(y, begin..<end, keepsValues: accumulate) { to, stride in
              var job = ck_pair_convolution(
                x: x.bfloat16Plane(0), x_stride: x.geometry.stride, inputs: Int64(inputs), offsets: offsets,
                taps: Int64(taps.count), weights: weights, bias: bias, y: to, y_stride: stride,
                outputs: Int64(outputs), mask: y.geometry.mask, accumulate: accumulate)
              loops.convolve_pairs(&job, begin, end)
            }
          }
        }
      }
    }
  }

  func pairWeightGradient(_ call: ConvolutionAlgorithm.WeightGradient, into gradient: inout Tensor) {
    let offsets = ConvolutionTaps(
      kernel: call.problem.kernel, stride: 1, geometry: call.outputGradient.geometry
    ).offsets
    gradient.values.withUnsafeMutableBufferPointer { gradient in
      guard let gradient = gradient.baseAddress else { return }
      weightGradientProducts(
        TapPlanes(call.input), offsets: offsets, call.outputGradient, into: gradient
      ) {
        sumPairs($0, offsets: offsets)
      }
    }
  }

  private func sumPairs(_ chunk: WeightGradientChunk, offsets: [Int]) {
    let (x, dy) = (chunk.x.planes, chunk.dy)
    let first = (x.bfloat16Plane(0) + chunk.pixels.lowerBound, dy.bfloat16Plane(0) + chunk.pixels.lowerBound)
    for (tap, offset) in offsets.enumerated() {
      var job = ck_pair_sums(
        dy: first.1, dy_stride: dy.geometry.stride, rows: Int64(dy.shape.channels), x: first.0 + offset,
        x_stride: x.geometry.stride, columns: Int64(x.shape.channels), count: Int64(chunk.pixels.count),
        sums: chunk.sums + tap * chunk.tapStride, sums_stride: chunk.stride, accumulate: !chunk.isFirst)
      loops.pair_sums(&job)
    }
  }

  /// - Parameter taps: places in the kernel, in the order in which they read the planes
  private func withWeightPairs(
    _ weight: Tensor, outputs: Int, inputs: Int, taps: [Int], transposed: Bool,
    _ body: (UnsafePointer<UInt32>) -> Void
  ) {
    let (places, kernelSize) = (taps.map(Int64.init), Int64(weight.shape[2] * weight.shape[3]))
    let column = (inputs + 1) / 2 * taps.count
    packing(weight, outputs: outputs, column: column, body) { values, block, packed in
      ck_pack_weight_pairs(
        values, Int64(outputs), Int64(inputs), kernelSize, places, Int64(taps.count), transposed,
        Int64(block.lowerBound), Int64(block.upperBound), packed)
    }
  }
}
