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
    ) { planes, offsets in
      withPackedWeights(
        call.weight, outputs: outputs, inputs: inputs, taps: (0..<kernel * kernel).map(Int64.init),
        transposed: false
      ) { packed in
        withOptionalPointer(call.bias) { bias in
          run(
            ck_convolution(
              x: nil, x_stride: 0, inputs: Int64(inputs), offsets: nil, taps: 0, weights: packed, bias: bias,
              y: nil, y_stride: 0, outputs: Int64(outputs), mask: output.geometry.mask, accumulate: false),
            planes, into: TapPlanes(output), offsets: offsets)
        }
      }
    }
  }

  func shiftedInputGradient(_ call: ConvolutionAlgorithm.InputGradient) {
    let (dy, weight) = (call.outputGradient, call.weight)
    gradientConvolutions(call) { taps, y, phase, accumulate in
      withPackedWeights(
        weight, outputs: weight.shape[1], inputs: weight.shape[0], taps: taps.index, transposed: true
      ) { packed in
        run(
          ck_convolution(
            x: nil, x_stride: 0, inputs: Int64(weight.shape[0]), offsets: nil, taps: 0, weights: packed,
            bias: nil, y: nil, y_stride: 0, outputs: Int64(weight.shape[1]), mask: dy.geometry.mask,
            accumulate: accumulate),
          TapPlanes(dy), into: y, phase: phase, offsets: taps.offsets)
      }
    }
  }

  /// The input's gradient as convolutions of the output's: one with the kernel turned around, or
  /// with a stride of 2 one for each phase, which are then joined.
  ///
  /// - Parameter convolve: a convolution with some taps of the kernel into a phase of planes
  func gradientConvolutions(
    _ call: ConvolutionAlgorithm.InputGradient,
    _ convolve: (
      _ taps: (index: [Int64], offsets: [Int]), TapPlanes, _ phase: Int, _ accumulate: Bool
    ) -> Void
  ) {
    let (kernel, geometry) = (call.problem.kernel, call.outputGradient.geometry)
    guard call.problem.stride > 1 else {
      let offsets = ConvolutionTaps(kernel: kernel, stride: 1, geometry: geometry).offsets
      let index = offsets.indices.reversed().map(Int64.init)
      return convolve((index, offsets), TapPlanes(call.inputGradient), 0, call.accumulate)
    }
    let (phases, channels) = (kernel == 1 ? 1 : 4, call.inputGradient.shape.channels)
    // A sum is rounded once.
    let precision = call.accumulate ? .float32 : call.inputGradient.precision
    let shape = call.outputGradient.shape.with(channels: channels * phases)
    let split = TapPlanes(Planes(uninitialized: shape, precision: precision), phases: phases)
    for phase in 0..<phases {
      convolve(
        ConvolutionTaps.ofGradientPhase(phase, kernel: kernel, geometry: geometry), split, phase, false)
    }
    joinPhases(split.planes, phases: phases, accumulate: call.accumulate, into: call.inputGradient)
  }

  func withPackedWeights(
    _ weight: Tensor, outputs: Int, inputs: Int, taps: [Int64], transposed: Bool,
    _ body: (UnsafePointer<Float>) -> Void
  ) {
    let kernelSize = Int64(weight.shape[2] * weight.shape[3])
    packing(weight, outputs: outputs, column: inputs * taps.count, body) { values, block, packed in
      ck_pack_weights(
        values, Int64(outputs), Int64(inputs), kernelSize, taps, Int64(taps.count), transposed,
        Int64(block.lowerBound), Int64(block.upperBound), packed)
    }
  }

  /// Calls `body` with weights as `pack` lays them out, a block of output channels at a time.
  ///
  /// - Parameters:
  ///   - column: words of 32 bits of an output channel
  func packing<Word>(
    _ weight: Tensor, outputs: Int, column: Int, _ body: (UnsafePointer<Word>) -> Void,
    pack: (UnsafePointer<Float>, Range<Int>, UnsafeMutablePointer<Word>) -> Void
  ) {
    precondition(MemoryLayout<Word>.stride == MemoryLayout<Float>.stride, "\(Word.self) is not 32 bits")
    scratch.floats(outputs * column) { memory in
      memory.withMemoryRebound(to: Word.self, capacity: outputs * column) { packed in
        weight.values.withUnsafeBufferPointer { values in
          guard let values = values.baseAddress else { return }
          nonisolated(unsafe) let base = values
          // Large enough to be worth a task.
          let size = (65536 / max(1, column) + 1).roundedUp(to: CK_OUTPUT_GROUP)
          let blocks = OutputBlocks(outputs: outputs, size: size)
          parallel(blocks.count) { pack(base, blocks[$0], packed) }
        }
        body(packed)
      }
    }
  }
}
