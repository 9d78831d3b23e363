import CKernels

/// Weight gradients of convolutions over shifted planes.
extension Engine {
  func shiftedWeightGradient(_ call: ConvolutionAlgorithm.WeightGradient, into gradient: inout Tensor) {
    inSinglePrecision(call.outputGradient) { outputGradient in
      sumShifted(call, outputGradient, into: &gradient)
    }
  }

  private func sumShifted(
    _ call: ConvolutionAlgorithm.WeightGradient, _ outputGradient: Planes, into gradient: inout Tensor
  ) {
    let input = call.input
    let (kernel, inputs) = (call.problem.kernel, input.shape.channels)
    let columns = inputs * kernel * kernel
    let multipliesMatrices = multipliesMatrices(
      outputs: call.problem.outputs, inputs: inputs, columns: columns)
    let split = WeightGradientSplit(
      outputs: outputGradient.shape.channels, columns: columns, length: outputGradient.geometry.length)
    gradient.values.withUnsafeMutableBufferPointer { gradient in
      guard let gradient = gradient.baseAddress else { return }
      withTapPlanes(
        input, phases: call.phases, kernel: kernel, stride: call.problem.stride, output: outputGradient
      ) { planes, taps in
        inSinglePrecision(planes) { planes in
          if multipliesMatrices {
            return weightGradientProducts(
              planes, phases: taps.phases, offsets: taps.offsets, outputGradient, into: gradient)
          }
          taps.offsets.withUnsafeBufferPointer { offsets in
            let job = ck_weight_gradient(
              dy: outputGradient.plane(0), dy_stride: outputGradient.geometry.stride, x: planes.plane(0),
              x_stride: planes.geometry.stride * taps.phases, inputs: Int64(inputs),
              offsets: offsets.baseAddress, taps: Int64(offsets.count))
            sum(job, split: split, columns: columns, into: gradient)
          }
        }
      }
    }
  }

  /// Whether BLAS is faster, which packs both matrices: where the sums of the weights do not stay
  /// in the second-level cache, and no side of a tap's matrix is too small for packing to pay.
  private func multipliesMatrices(outputs: Int, inputs: Int, columns: Int) -> Bool {
    loops.winograd_input != nil && outputs * columns > WeightGradientSplit.cachedSums
      && min(outputs, inputs) >= 64
  }

  private func sum(
    _ job: ck_weight_gradient, split: WeightGradientSplit, columns: Int,
    into gradient: UnsafeMutablePointer<Float>
  ) {
    // Tasks write to output channels of their own.
    nonisolated(unsafe) let gradient = gradient
    let size = split.outputs * columns
    scratch.floats(split.groups * size) { partials in
      parallel(split.blocks * split.groups) { task in
        let range = split.block(task / split.groups)
        let group = task % split.groups
        var job = job
        scratch.floats(Int(ck_gradient_scratch(job.inputs, job.taps, Int64(range.count)))) { sums in
          loops.weight_gradient(
            &job, Int64(range.lowerBound), Int64(range.count), group * split.width,
            min(split.length, (group + 1) * split.width), sums,
            partials + (group * size + range.lowerBound * columns))
        }
      }
      // Groups of pixels in their order.
      parallel(split.outputs) { output in
        ck_sum_groups(
          partials + output * columns, Int64(split.groups), size, Int64(columns), gradient + output * columns)
      }
    }
  }
}

/// How a weight gradient's work is cut: blocks of output channels, and groups of pixels whose sums
/// are added in order. Depends on the problem's size alone.
private struct WeightGradientSplit {
  let outputs: Int
  let length: Int
  let blocks: Int
  let groups: Int
  /// Elements of a plane in a group.
  let width: Int

  /// Vectors of sums that stay in the second-level cache with a few pixels of all channels.
  static let cachedSums = 8192

  init(outputs: Int, columns: Int, length: Int) {
    self.outputs = outputs
    self.length = length
    let fitting = Self.cachedSums / max(1, columns) / CK_GRADIENT_GROUP * CK_GRADIENT_GROUP
    blocks = outputs.dividedRoundingUp(by: max(CK_GRADIENT_GROUP, fitting))
    // Enough tasks to share evenly, but none too small.
    let wanted = max(1, min(32 / max(1, blocks), length / 2048))
    width = max(1, length.dividedRoundingUp(by: wanted)).roundedUp(to: CK_VECTOR_FLOATS)
    groups = max(1, length.dividedRoundingUp(by: width))
  }

  /// Output channels of a block; blocks differ by one channel at most.
  func block(_ index: Int) -> Range<Int> {
    index * outputs / blocks..<(index + 1) * outputs / blocks
  }
}
