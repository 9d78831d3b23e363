import CKernels

/// The convolutions of `Im2col.swift` whose outputs are stored as ``Precision/bfloat16``, by
/// instructions that multiply pairs of such values, as `PairProducts.swift` uses them. An input in
/// single precision, which a model's images are, is rounded for the products, as weights are.
extension Engine {
  func unfoldedPairConvolve(_ call: ConvolutionAlgorithm.Forward) {
    let (output, outputs) = (call.output, call.problem.outputs)
    inSinglePrecision(call.input) { input in
      let unfolding = Unfolding(call.problem, input)
      withWeightPairs(
        unfolding.weight(call.weight), outputs: outputs, inputs: unfolding.planes, taps: [0],
        transposed: false
      ) { weights in
        withOptionalPointer(call.bias) { bias in
          withUnfoldedChunks(unfolding, of: output.geometry) { planes, begin, end in
            withRounded(planes, unfolding, end - begin) { stored in
              writingAll(TapPlanes(output), begin..<end, keepsValues: false) { y, stride in
                withUnsafePointer(to: 0) { offset in
                  var job = ck_pair_convolution(
                    x: stored, x_stride: unfolding.stride, inputs: Int64(unfolding.planes), offsets: offset,
                    taps: 1, weights: weights, bias: bias, y: y + begin, y_stride: stride,
                    outputs: Int64(outputs), mask: output.geometry.mask.from(begin), accumulate: false)
                  loops.convolve_pairs(&job, 0, end - begin)
                }
              }
            }
          }
        }
      }
    }
  }

  func unfoldedPairGradient(_ call: ConvolutionAlgorithm.WeightGradient, into gradient: inout Tensor) {
    let dy = call.outputGradient
    guard dy.geometry.length > 0 else {
      return gradient.values.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
    }
    inSinglePrecision(call.input) { input in
      let unfolding = Unfolding(call.problem, input)
      unfoldedGradient(unfolding, dy, into: &gradient) { planes, begin, end, isFirst, sums in
        withRounded(planes, unfolding, end - begin) { stored in
          var job = ck_pair_sums(
            dy: dy.bfloat16Plane(0) + begin, dy_stride: dy.geometry.stride, rows: Int64(dy.shape.channels),
            x: stored, x_stride: unfolding.stride, columns: Int64(unfolding.planes),
            count: Int64(end - begin), sums: sums, sums_stride: unfolding.planes, accumulate: !isFirst)
          loops.pair_sums(&job)
        }
      }
    }
  }

  /// Calls `body` with unfolded planes in bfloat16.
  private func withRounded(
    _ planes: UnsafeMutablePointer<Float>, _ unfolding: Unfolding, _ count: Int,
    _ body: (UnsafeMutablePointer<UInt16>) -> Void
  ) {
    let (stride, rows) = (unfolding.stride, unfolding.planes)
    scratch.floats((rows * stride).dividedRoundingUp(by: 2)) { memory in
      memory.withMemoryRebound(to: UInt16.self, capacity: rows * stride) { stored in
        loops.narrow_rows(planes, stride, Int64(rows), stored, stride, 0, count)
        body(stored)
      }
    }
  }
}
