import CKernels

/// Convolutions by plain loops: any kernel, stride, padding and number of groups.
extension Engine {
  /// - Parameter precise: sums in double precision, rounded once; many times slower.
  func plainConvolve(
    _ problem: ConvolutionProblem, _ input: Planes, _ weight: Tensor, bias: [Float]?, precise: Bool = false,
    into output: Planes
  ) {
    let shape = ck_convolution_shape(problem)
    let images = problem.input.images
    let convolve = precise ? ck_precise_convolve : ck_plain_convolve
    weight.values.withUnsafeBufferPointer { weights in
      withOptionalPointer(bias) { bias in
        withUnsafePointer(to: shape) { shape in
          parallel(problem.outputs * images) { task in
            convolve(
              shape, input.plane(0), weights.baseAddress, bias, Int64(task / images), Int64(task % images),
              output.plane(0))
          }
        }
      }
    }
  }

  func plainInputGradient(
    _ problem: ConvolutionProblem, _ outputGradient: Planes, _ weight: Tensor, accumulate: Bool,
    into inputGradient: Planes
  ) {
    let shape = ck_convolution_shape(problem)
    let images = problem.input.images
    weight.values.withUnsafeBufferPointer { weights in
      withUnsafePointer(to: shape) { shape in
        parallel(problem.input.channels * images) { task in
          ck_plain_input_gradient(
            shape, outputGradient.plane(0), weights.baseAddress, Int64(task / images), Int64(task % images),
            accumulate, inputGradient.plane(0))
        }
      }
    }
  }

  func plainWeightGradient(
    _ problem: ConvolutionProblem, _ input: Planes, _ outputGradient: Planes, into gradient: inout Tensor
  ) {
    let shape = ck_convolution_shape(problem)
    gradient.values.withUnsafeMutableBufferPointer { gradient in
      // Tasks write to output channels of their own.
      nonisolated(unsafe) let sums = gradient.baseAddress
      withUnsafePointer(to: shape) { shape in
        parallel(problem.outputs) { output in
          ck_plain_weight_gradient(
            shape, input.plane(0), outputGradient.plane(0), Int64(problem.input.images), Int64(output), sums)
        }
      }
    }
  }
}

extension ck_convolution_shape {
  init(_ problem: ConvolutionProblem) {
    let (input, output) = (problem.input, problem.output)
    self.init(
      inputs: Int64(input.channels), outputs: Int64(problem.outputs), kernel: Int64(problem.kernel),
      stride: Int64(problem.stride), padding: Int64(problem.padding), groups: Int64(problem.groups),
      rows: Int64(input.rows), columns: Int64(input.columns), output_rows: Int64(output.rows),
      output_columns: Int64(output.columns), x_stride: PlaneGeometry.of(input).stride,
      y_stride: PlaneGeometry.of(output).stride)
  }
}
