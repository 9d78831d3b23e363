import CKernels

/// Convolutions with kernels of 5x5 and larger, in plain C: a model has one of them at most.
extension Engine {
  /// - Parameter precise: sums in double precision, rounded once; several times slower.
  func wideConvolve(
    _ input: Planes, _ weight: Tensor, bias: [Float]?, stride: Int, precise: Bool = false, into output: Planes
  ) {
    var wide = self.wide(input, output, weight.shape, stride: stride)
    let images = output.shape.images
    weight.values.withUnsafeBufferPointer { weights in
      withOptionalPointer(bias) { bias in
        withUnsafePointer(to: &wide) { wide in
          parallel(output.shape.channels * images) { task in
            let convolve = precise ? ck_precise_convolve : ck_wide_convolve
            convolve(
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
    var wide = self.wide(inputGradient, outputGradient, weight.shape, stride: stride)
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

  func wideWeightGradient(_ input: Planes, _ outputGradient: Planes, stride: Int, into gradient: inout Tensor)
  {
    var wide = self.wide(input, outputGradient, gradient.shape, stride: stride)
    let inputs = input.shape.channels
    let outputs = outputGradient.shape.channels
    gradient.values.withUnsafeMutableBufferPointer { gradient in
      nonisolated(unsafe) let gradient = gradient
      withUnsafePointer(to: &wide) { wide in
        parallel(inputs * outputs) { task in
          ck_wide_weight_gradient(
            wide, outputGradient.plane(0), input.plane(0), Int64(input.shape.images), Int64(task / inputs),
            Int64(task % inputs), gradient.baseAddress)
        }
      }
    }
  }

  private func wide(_ input: Planes, _ output: Planes, _ weight: [Int], stride: Int) -> ck_wide {
    ck_wide(
      inputs: Int64(weight[1]), outputs: Int64(weight[0]), kernel: Int64(weight[2]), stride: Int64(stride),
      rows: Int64(input.shape.rows), columns: Int64(input.shape.columns),
      output_rows: Int64(output.shape.rows), output_columns: Int64(output.shape.columns),
      x_stride: input.geometry.stride, y_stride: output.geometry.stride)
  }
}
