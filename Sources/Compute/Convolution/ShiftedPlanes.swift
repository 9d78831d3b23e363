import CKernels

/// 1x1 and 3x3 convolutions with half padding and stride 1 or 2 as direct sums over shifted planes
/// (see ``ConvolutionTaps``).
extension Engine {
  func shiftedConvolve(_ call: ConvolutionAlgorithm.Forward) {
    let (input, output) = (call.input, call.output)
    let kernel = call.problem.kernel
    let (inputs, outputs) = (input.shape.channels, output.shape.channels)
    withTapPlanes(
      input, phases: call.phases, kernel: kernel, stride: call.problem.stride, output: output
    ) { planes, taps in
      withPackedWeights(
        call.weight, outputs: outputs, inputs: inputs, taps: (0..<kernel * kernel).map(Int64.init),
        transposed: false
      ) { packed in
        taps.offsets.withUnsafeBufferPointer { offsets in
          withOptionalPointer(call.bias) { bias in
            run(
              ck_convolution(
                x: planes.plane(0), x_stride: planes.geometry.stride * taps.phases, inputs: Int64(inputs),
                offsets: offsets.baseAddress, taps: Int64(offsets.count), weights: packed, bias: bias,
                y: output.plane(0), y_stride: output.geometry.stride, outputs: Int64(outputs),
                mask: output.geometry.mask, accumulate: false),
              phases: taps.phases, length: output.geometry.length)
          }
        }
      }
    }
  }

  func shiftedInputGradient(_ call: ConvolutionAlgorithm.InputGradient) {
    let (dy, dx) = (call.outputGradient, call.inputGradient)
    let kernel = call.problem.kernel
    guard call.problem.stride == 1 else {
      return stridedInputGradient(dy, call.weight, kernel: kernel, accumulate: call.accumulate, into: dx)
    }
    let offsets = ConvolutionTaps(kernel: kernel, stride: 1, geometry: dy.geometry).offsets
    // A convolution with the kernel turned around.
    let index = (0..<offsets.count).reversed().map(Int64.init)
    gradientConvolution(
      dy, call.weight, taps: (index, offsets), into: dx.plane(0), stride: dx.geometry.stride,
      accumulate: call.accumulate)
  }

  private func stridedInputGradient(
    _ outputGradient: Planes, _ weight: Tensor, kernel: Int, accumulate: Bool, into inputGradient: Planes
  ) {
    let phases = kernel == 1 ? 1 : 4
    let shape = inputGradient.shape
    withTemporaryPlanes(outputGradient.shape.with(channels: shape.channels * phases)) { split in
      for phase in 0..<phases {
        let taps = ConvolutionTaps.ofGradientPhase(phase, kernel: kernel, geometry: outputGradient.geometry)
        gradientConvolution(
          outputGradient, weight, taps: taps, into: split.plane(phase),
          stride: split.geometry.stride * phases,
          accumulate: false)
      }
      joinPhases(split, phases: phases, accumulate: accumulate, into: inputGradient)
    }
  }

  private func gradientConvolution(
    _ outputGradient: Planes, _ weight: Tensor, taps: (index: [Int64], offsets: [Int]),
    into y: UnsafeMutablePointer<Float>, stride: Int, accumulate: Bool
  ) {
    let inputs = weight.shape[1]
    let geometry = outputGradient.geometry
    withPackedWeights(
      weight, outputs: inputs, inputs: weight.shape[0], taps: taps.index, transposed: true
    ) { packed in
      taps.offsets.withUnsafeBufferPointer { offsets in
        run(
          ck_convolution(
            x: outputGradient.plane(0), x_stride: geometry.stride, inputs: Int64(weight.shape[0]),
            offsets: offsets.baseAddress, taps: Int64(offsets.count), weights: packed, bias: nil, y: y,
            y_stride: stride, outputs: Int64(inputs), mask: geometry.mask, accumulate: accumulate),
          length: geometry.length)
      }
    }
  }

  func withPackedWeights(
    _ weight: Tensor, outputs: Int, inputs: Int, taps: [Int64], transposed: Bool,
    _ body: (UnsafePointer<Float>) -> Void
  ) {
    let column = inputs * taps.count
    scratch.floats(outputs * column) { packed in
      weight.values.withUnsafeBufferPointer { values in
        guard let values = values.baseAddress else { return }
        nonisolated(unsafe) let base = values
        let kernelSize = Int64(weight.shape[2] * weight.shape[3])
        // Large enough to be worth a task.
        let size = (65536 / max(1, column) + 1).roundedUp(to: CK_OUTPUT_GROUP)
        let blocks = OutputBlocks(outputs: outputs, size: size)
        parallel(blocks.count) { task in
          let block = blocks[task]
          ck_pack_weights(
            base, Int64(outputs), Int64(inputs), kernelSize, taps, Int64(taps.count), transposed,
            Int64(block.lowerBound), Int64(block.upperBound), packed)
        }
      }
      body(packed)
    }
  }
}
