import CKernels

/// Weight gradients of convolutions over shifted planes.
extension Engine {
  func shiftedWeightGradient(_ call: ConvolutionAlgorithm.WeightGradient, into gradient: inout Tensor) {
    let (outputGradient, problem) = (call.outputGradient, call.problem)
    gradient.values.withUnsafeMutableBufferPointer { gradient in
      guard let gradient = gradient.baseAddress else { return }
      withTapPlanes(
        call.input, phases: call.phases, kernel: problem.kernel, stride: problem.stride,
        output: outputGradient
      ) { planes, offsets in
        if multipliesMatrices(problem) {
          return weightGradientProducts(
            planes, offsets: offsets, outputGradient, into: gradient
          ) {
            multiplyByBLAS($0, offsets: offsets)
          }
        }
        sum(planes, offsets: offsets, outputGradient, into: gradient)
      }
    }
  }

  /// Whether BLAS is faster, which packs both matrices: where the sums of the weights do not stay
  /// in the second-level cache, and no side of a tap's matrix is too small for packing to pay.
  private func multipliesMatrices(_ problem: ConvolutionProblem) -> Bool {
    let (inputs, outputs) = (problem.input.channels, problem.outputs)
    return loops.winograd_input != nil
      && outputs * inputs * problem.kernel * problem.kernel > WeightGradientSplit.cachedSums
      && min(outputs, inputs) >= 64
  }

  private func sum(
    _ x: TapPlanes, offsets: [Int], _ outputGradient: Planes, into gradient: UnsafeMutablePointer<Float>
  ) {
    let (inputs, tapCount) = (Int64(x.channels), Int64(offsets.count))
    let columns = Int(inputs * tapCount)
    let split = WeightGradientSplit(
      outputs: outputGradient.shape.channels, columns: columns, length: outputGradient.geometry.length)
    // Tasks write to output channels of their own.
    nonisolated(unsafe) let gradient = gradient
    let size = split.outputs * columns
    scratch.floats(split.groups * size) { partials in
      parallel(split.blocks * split.groups) { task in
        let block = split.block(task / split.groups)
        let group = task % split.groups
        let dy = outputGradient.channels(block)
        let count = Int(ck_gradient_scratch(inputs, tapCount, Int64(block.count)))
        scratch.floats(count) { sums in
          sums.update(repeating: 0, count: count)
          offsets.withUnsafeBufferPointer { pointer in
            var job = ck_weight_gradient(
              dy: nil, dy_stride: 0, x: nil, x_stride: 0, inputs: inputs, offsets: pointer.baseAddress,
              taps: tapCount)
            forEachPart(of: split.range(group), x.planes, dy) { range in
              readingAll(x, range.widened(by: offsets)) {
                (job.x, job.x_stride) = ($0, $1)
                readingAll(dy, range) {
                  (job.dy, job.dy_stride) = ($0, $1)
                  loops.weight_gradient(&job, Int64(block.count), range.lowerBound, range.upperBound, sums)
                }
              }
            }
            loops.fold_weight_gradient(
              &job, Int64(block.count), sums, partials + (group * size + block.lowerBound * columns))
          }
        }
      }
      // Groups of pixels in their order.
      parallel(split.outputs) { output in
        ck_sum_groups(
          partials + output * columns, Int64(split.groups), size, Int64(columns), gradient + output * columns)
      }
    }
  }

  /// Runs `body` on parts of a range, all of which is one if the planes are in single precision;
  /// what is converted of others stays in the second-level cache.
  private func forEachPart(of range: Range<Int>, _ x: Planes, _ dy: Planes, _ body: (Range<Int>) -> Void) {
    guard Precision.least(x, dy) != .float32 else { return body(range) }
    let width = max(CK_PIXEL_BLOCK, 65536 / (x.shape.channels + dy.shape.channels) & -CK_VECTOR_FLOATS)
    for begin in stride(from: range.lowerBound, to: range.upperBound, by: width) {
      body(begin..<min(begin + width, range.upperBound))
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
  private let width: Int

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

  /// Elements of a group.
  func range(_ group: Int) -> Range<Int> { group * width..<min(length, (group + 1) * width) }

  /// Output channels of a block; blocks differ by one channel at most.
  func block(_ index: Int) -> Range<Int> {
    index * outputs / blocks..<(index + 1) * outputs / blocks
  }
}
