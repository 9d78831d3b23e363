import CKernels

/// Convolutions between all inputs and all outputs whose kernel, stride or padding the loops over
/// shifted planes do not cover: a model has one of them at most, where images come in.
///
/// The input is unfolded, a chunk of pixels at a time, into a plane for each channel and tap; what
/// is left is a 1x1 convolution. A chunk stays in the second-level cache. The input's gradient,
/// which a first layer does not need, is done by plain loops.
extension Engine {
  func unfoldedConvolve(
    _ problem: ConvolutionProblem, _ input: Planes, _ weight: Tensor, bias: [Float]?, into output: Planes
  ) {
    inSinglePrecision(input) {
      unfoldedConvolve(Unfolding(problem, $0), problem.outputs, weight, bias: bias, into: output)
    }
  }

  private func unfoldedConvolve(
    _ unfolding: Unfolding, _ outputs: Int, _ weight: Tensor, bias: [Float]?, into output: Planes
  ) {
    withPackedWeights(
      unfolding.weight(weight), outputs: outputs, inputs: unfolding.planes, taps: [0], transposed: false
    ) { packed in
      withOptionalPointer(bias) { bias in
        withUnfoldedChunks(unfolding, of: output.geometry) { planes, begin, end in
          writingAll(TapPlanes(output), begin..<end, keepsValues: false) { y, stride in
            withUnsafePointer(to: 0) { offset in
              var job = ck_convolution(
                x: planes, x_stride: unfolding.stride, inputs: Int64(unfolding.planes), offsets: offset,
                taps: 1, weights: packed, bias: bias, y: y + begin, y_stride: stride,
                outputs: Int64(outputs), mask: output.geometry.mask.from(begin), accumulate: false)
              loops.convolve(&job, 0, end - begin)
            }
          }
        }
      }
    }
  }

  func unfoldedWeightGradient(
    _ problem: ConvolutionProblem, _ input: Planes, _ outputGradient: Planes, into gradient: inout Tensor
  ) {
    guard outputGradient.geometry.length > 0 else {
      return gradient.values.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
    }
    inSinglePrecision(input) { input in
      let unfolding = Unfolding(problem, input)
      unfoldedGradient(unfolding, outputGradient, into: &gradient) { planes, begin, end, isFirst, sums in
        readingAll(outputGradient, begin..<end) { dy, stride in
          blas.multiply(
            rows: problem.outputs, columns: unfolding.planes, inner: end - begin, a: dy + begin,
            aStride: stride, transposeA: false, b: planes, bStride: unfolding.stride, transposeB: true,
            beta: isFirst ? 0 : 1, c: sums, cStride: unfolding.planes)
        }
      }
    }
  }

  /// Sums of groups of pixels, which `multiply` adds each chunk's products to, or overwrites with
  /// them where it is the first, and those of the groups in their order.
  func unfoldedGradient(
    _ unfolding: Unfolding, _ outputGradient: Planes, into gradient: inout Tensor,
    multiply: (
      _ planes: UnsafeMutablePointer<Float>, _ begin: Int, _ end: Int, _ isFirst: Bool,
      _ sums: UnsafeMutablePointer<Float>
    ) -> Void
  ) {
    let (outputs, columns) = (outputGradient.shape.channels, unfolding.planes)
    let size = outputs * columns
    let groups = GradientGroups(
      of: outputGradient.geometry.length, sums: size, most: 32, unit: unfolding.chunk)
    gradient.values.withUnsafeMutableBufferPointer { gradient in
      guard let gradient = gradient.baseAddress else { return }
      nonisolated(unsafe) let sums = gradient
      scratch.floats(groups.count * size) { partials in
        parallel(groups.count) { group in
          let (first, last) = (groups[group].lowerBound, groups[group].upperBound)
          for begin in Swift.stride(from: first, to: last, by: unfolding.chunk) {
            let end = min(last, begin + unfolding.chunk)
            withUnfolded(unfolding, begin, end) {
              multiply($0, begin, end, begin == first, partials + group * size)
            }
          }
        }
        parallel(outputs) { output in
          ck_sum_groups(
            partials + output * columns, Int64(groups.count), size, Int64(columns), sums + output * columns)
        }
      }
    }
  }

  /// Calls `body` with what each chunk of an output's pixels reads.
  func withUnfoldedChunks(
    _ unfolding: Unfolding, of output: PlaneGeometry,
    _ body: (_ planes: UnsafeMutablePointer<Float>, _ begin: Int, _ end: Int) -> Void
  ) {
    parallel(output.length.dividedRoundingUp(by: unfolding.chunk)) { index in
      let begin = index * unfolding.chunk
      let end = min(output.length, begin + unfolding.chunk)
      withUnfolded(unfolding, begin, end) { body($0, begin, end) }
    }
  }

  private func withUnfolded(
    _ unfolding: Unfolding, _ begin: Int, _ end: Int, _ body: (UnsafeMutablePointer<Float>) -> Void
  ) {
    scratch.floats(unfolding.planes * unfolding.stride) { planes in
      var shape = unfolding.shape
      ck_unfold(
        &shape, unfolding.input.plane(0), Int64(unfolding.input.shape.images), begin, end, planes,
        unfolding.stride)
      body(planes)
    }
  }
}

/// How an input is unfolded.
struct Unfolding {
  let input: Planes
  let shape: ck_convolution_shape
  /// A plane for each input channel and tap.
  let planes: Int
  /// Elements of the output's planes that are unfolded at a time.
  let chunk: Int
  /// Elements from plane to plane: an odd number of cache lines.
  let stride: Int

  /// Floats of a chunk that stay in a core's second-level cache.
  private static let cached = 65536

  init(_ problem: ConvolutionProblem, _ input: Planes) {
    self.input = input
    shape = ck_convolution_shape(problem)
    planes = problem.input.channels * problem.kernel * problem.kernel
    let fitting = min(Self.cached / max(1, planes), PlaneGeometry.of(problem.output).length)
    chunk = max(1, fitting).roundedUp(to: CK_PIXEL_BLOCK)
    stride = chunk + CK_VECTOR_FLOATS
  }

  /// A convolution's weights as those of the 1x1 convolution.
  func weight(_ weight: Tensor) -> Tensor {
    Tensor(shape: [weight.shape[0], planes, 1, 1], values: weight.values)
  }
}
