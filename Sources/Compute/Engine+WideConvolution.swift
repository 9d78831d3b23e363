import CKernels

/// Convolutions with kernels of 5x5 and larger: a model has one of them at most, where images come in.
///
/// The input is unfolded, a piece of pixels at a time, into a plane for each channel and tap; what is left is a 1x1
/// convolution. A piece stays in the second-level cache. The input's gradient, which a first layer does not need, is done
/// by plain loops.
extension Engine {
  /// - Parameter precise: sums in double precision, rounded once; many times slower.
  func wideConvolve(
    _ input: Planes, _ weight: Tensor, bias: [Float]?, stride: Int, precise: Bool = false, into output: Planes
  ) {
    guard !precise else { return preciseConvolve(input, weight, bias: bias, stride: stride, into: output) }
    let unfolding = Unfolding(input, output, weight.shape, stride: stride)
    let geometry = output.geometry
    let outputs = output.shape.channels
    withPackedWeights(
      Tensor(shape: [outputs, unfolding.planes, 1, 1], values: weight.values), outputs: outputs,
      inputs: unfolding.planes, taps: [0], transposed: false
    ) { packed in
      withOptionalPointer(bias) { bias in
        parallel(geometry.length.dividedRoundingUp(by: unfolding.piece)) { index in
          let begin = index * unfolding.piece
          let end = min(geometry.length, begin + unfolding.piece)
          withUnfolded(unfolding, begin, end) { planes in
            withUnsafePointer(to: 0) { offset in
              var job = ck_convolution(
                x: planes, x_stride: unfolding.stride, inputs: Int64(unfolding.planes), offsets: offset,
                taps: 1, weights: packed, bias: bias, y: output.plane(0) + begin, y_stride: geometry.stride,
                outputs: Int64(outputs), mask: geometry.mask.from(begin), accumulate: false)
              loops.convolve(&job, 0, end - begin)
            }
          }
        }
      }
    }
  }

  func wideWeightGradient(_ input: Planes, _ outputGradient: Planes, stride: Int, into gradient: inout Tensor)
  {
    let unfolding = Unfolding(input, outputGradient, gradient.shape, stride: stride)
    let geometry = outputGradient.geometry
    guard geometry.length > 0 else {
      return gradient.values.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
    }
    let outputs = outputGradient.shape.channels
    let columns = unfolding.planes
    let size = outputs * columns
    // Groups of pixels whose sums are added in order; by the problem's size alone.
    let width = max(1, geometry.length / Unfolding.gradientGroups).roundedUp(to: unfolding.piece)
    let groups = geometry.length.dividedRoundingUp(by: width)
    gradient.values.withUnsafeMutableBufferPointer { gradient in
      guard let gradient = gradient.baseAddress else { return }
      nonisolated(unsafe) let sums = gradient
      scratch.floats(groups * size) { partials in
        parallel(groups) { group in
          let last = min(geometry.length, (group + 1) * width)
          for begin in Swift.stride(from: group * width, to: last, by: unfolding.piece) {
            let end = min(last, begin + unfolding.piece)
            withUnfolded(unfolding, begin, end) { planes in
              blas.multiply(
                rows: outputs, columns: columns, inner: end - begin, a: outputGradient.plane(0) + begin,
                aStride: geometry.stride, transposeA: false, b: planes, bStride: unfolding.stride,
                transposeB: true, beta: begin == group * width ? 0 : 1, c: partials + group * size,
                cStride: columns)
            }
          }
        }
        parallel(outputs) { output in
          ck_sum_groups(
            partials + output * columns, Int64(groups), size, Int64(columns), sums + output * columns)
        }
      }
    }
  }

  private func withUnfolded(
    _ unfolding: Unfolding, _ begin: Int, _ end: Int, _ body: (UnsafeMutablePointer<Float>) -> Void
  ) {
    scratch.floats(unfolding.planes * unfolding.stride) { planes in
      var wide = unfolding.wide
      ck_unfold(
        &wide, unfolding.input.plane(0), Int64(unfolding.input.shape.images), begin, end, planes,
        unfolding.stride)
      body(planes)
    }
  }

  private func preciseConvolve(
    _ input: Planes, _ weight: Tensor, bias: [Float]?, stride: Int, into output: Planes
  ) {
    var wide = ck_wide(input, output, weight.shape, stride: stride)
    let images = output.shape.images
    weight.values.withUnsafeBufferPointer { weights in
      withOptionalPointer(bias) { bias in
        withUnsafePointer(to: &wide) { wide in
          parallel(output.shape.channels * images) { task in
            ck_precise_convolve(
              wide, input.plane(0), weights.baseAddress, bias, Int64(task / images), Int64(task % images),
              output.plane(0))
          }
        }
      }
    }
  }

  func wideInputGradient(
    _ outputGradient: Planes, _ weight: Tensor, stride: Int, accumulate: Bool, into inputGradient: Planes
  ) {
    var wide = ck_wide(inputGradient, outputGradient, weight.shape, stride: stride)
    let images = inputGradient.shape.images
    weight.values.withUnsafeBufferPointer { weights in
      withUnsafePointer(to: &wide) { wide in
        parallel(inputGradient.shape.channels * images) { task in
          ck_wide_input_gradient(
            wide, outputGradient.plane(0), weights.baseAddress, Int64(task / images), Int64(task % images),
            accumulate, inputGradient.plane(0))
        }
      }
    }
  }
}

/// How an input is unfolded for a wide convolution.
private struct Unfolding {
  let input: Planes
  let wide: ck_wide
  /// A plane for each input channel and tap.
  let planes: Int
  /// Elements of the output's planes that are unfolded at a time.
  let piece: Int
  /// Elements from plane to plane: an odd number of cache lines.
  let stride: Int

  /// Groups of pixels of a weight gradient, at most about.
  static let gradientGroups = 32
  /// Floats of a piece that stay in a core's second-level cache.
  private static let cached = 65536

  init(_ input: Planes, _ output: Planes, _ weight: [Int], stride: Int) {
    self.input = input
    wide = ck_wide(input, output, weight, stride: stride)
    planes = weight[1] * weight[2] * weight[3]
    let fitting = min(Self.cached / max(1, planes), output.geometry.length)
    piece = max(1, fitting).roundedUp(to: CK_PIXEL_BLOCK)
    self.stride = piece + CK_VECTOR_FLOATS
  }
}

extension ck_wide {
  fileprivate init(_ input: Planes, _ output: Planes, _ weight: [Int], stride: Int) {
    self.init(
      inputs: Int64(weight[1]), outputs: Int64(weight[0]), kernel: Int64(weight[2]), stride: Int64(stride),
      rows: Int64(input.shape.rows), columns: Int64(input.shape.columns),
      output_rows: Int64(output.shape.rows), output_columns: Int64(output.shape.columns),
      x_stride: input.geometry.stride, y_stride: output.geometry.stride)
  }
}

extension ck_mask {
  /// The same from element `begin` on, a multiple of eight. Without counts, which only sums over whole planes read.
  fileprivate func from(_ begin: Int) -> ck_mask {
    ck_mask(bits: bits + begin / 8, lanes: lanes + begin, counts: counts)
  }
}
