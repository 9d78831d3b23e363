import CKernels

/// Gradients of weights by Winograd's minimal filtering F(2x2, 3x3): with y as in the forward direction,
/// dw = transposed(G) [sum over tiles of (A dy transposed(A)) * (transposed(B) x B)] G.
extension Engine {
  func winogradWeightGradient(_ x: Planes, _ dy: Planes, tiles: WinogradTiles, into gradient: inout Tensor) {
    let (inputs, outputs) = (x.shape.channels, dy.shape.channels)
    let size = inputs * outputs
    let split = WinogradGradientSplit(tiles: tiles.count, channels: inputs + outputs)
    scratch.floats(split.groups * 16 * size) { partials in
      tiles.withLoopArguments { arguments in
        // One task takes one row of the 4x4 elements in one group of tiles.
        parallel(split.groups * 4) { task in
          let (group, row) = (task / 4, task % 4)
          let first = group * split.size
          sumRow(
            row, x, dy, arguments, first: first, count: min(split.size, tiles.count - first),
            into: partials + (group * 16 + row * 4) * size)
        }
      }
      parallel(outputs) { output in
        for index in 0..<16 {
          let to = partials + (index * size + output * inputs)
          for group in 1..<max(1, split.groups) {
            let from = to + group * 16 * size
            for input in 0..<inputs { to[input] += from[input] }
          }
        }
      }
      gradient.values.withUnsafeMutableBufferPointer { gradient in
        guard let gradient = gradient.baseAddress else { return }
        nonisolated(unsafe) let base = gradient
        parallel(outputs) { output in
          ck_winograd_weight_gradient(
            partials + output * inputs, size, Int64(inputs), base + output * inputs * 9)
        }
      }
    }
  }

  private func sumRow(
    _ row: Int, _ x: Planes, _ dy: Planes, _ arguments: ck_winograd, first: Int, count: Int,
    into sums: UnsafeMutablePointer<Float>
  ) {
    var arguments = arguments
    let (inputs, outputs) = (x.shape.channels, dy.shape.channels)
    let stride = count + CK_VECTOR_FLOATS
    scratch.floats(4 * inputs * stride) { v in
      for c in 0..<inputs {
        loops.winograd_input_row(
          &arguments, x.plane(c), Int64(first), Int64(count), Int64(row), v + c * stride, inputs * stride)
      }
      scratch.floats(4 * outputs * stride) { d in
        for o in 0..<outputs {
          loops.winograd_gradient_row(
            &arguments, dy.plane(o), Int64(first), Int64(count), Int64(row), d + o * stride, outputs * stride)
        }
        for column in 0..<4 {
          products(
            d + column * outputs * stride, v + column * inputs * stride, outputs: outputs, inputs: inputs,
            stride: stride, count: count, into: sums + column * inputs * outputs)
        }
      }
    }
  }

  /// sums[o][i] = sum over tiles of d[o] * v[i].
  private func products(
    _ d: UnsafePointer<Float>, _ v: UnsafePointer<Float>, outputs: Int, inputs: Int, stride: Int, count: Int,
    into sums: UnsafeMutablePointer<Float>
  ) {
    guard min(outputs, inputs) < WinogradGradientSplit.leastForBLAS else {
      return blas.multiply(
        rows: outputs, columns: inputs, inner: count, a: d, aStride: stride, transposeA: false, b: v,
        bStride: stride,
        transposeB: true, beta: 0, c: sums, cStride: inputs)
    }
    var offset = 0
    withUnsafePointer(to: &offset) { offsets in
      var job = ck_weight_gradient(
        dy: d, dy_stride: stride, x: v, x_stride: stride, inputs: Int64(inputs), offsets: offsets, taps: 1)
      scratch.floats(Int(ck_gradient_scratch(job.inputs, 1))) { memory in
        for output in Swift.stride(from: 0, to: outputs, by: CK_GRADIENT_GROUP) {
          loops.weight_gradient(
            &job, Int64(output), Int64(min(CK_GRADIENT_GROUP, outputs - output)), 0, count, memory,
            sums + output * inputs)
        }
      }
    }
  }
}

/// Groups of tiles whose sums are added in order. Depends on the problem's size alone.
private struct WinogradGradientSplit {
  /// Where packing for a product of matrices pays.
  static let leastForBLAS = 96

  let size: Int
  let groups: Int

  init(tiles: Int, channels: Int) {
    // One row of elements of a group stays in a second-level cache, but a sum over few tiles costs as much to fold as
    // to build.
    let fitting = max(65536 / channels, 512)
    let wanted = max(1, tiles.dividedRoundingUp(by: fitting))
    size = tiles.dividedRoundingUp(by: wanted).roundedUp(to: CK_VECTOR_FLOATS)
    groups = tiles.dividedRoundingUp(by: size)
  }
}
