import CKernels

/// Gradients of weights between many channels by Winograd's minimal filtering: the sums are products of matrices large
/// enough for BLAS, one row of the 6x6 elements at a time.
extension Engine {
  func wideWinogradWeightGradient(
    _ x: Planes, _ dy: Planes, tiles: WinogradTiles, into gradient: inout Tensor
  ) {
    let (inputs, outputs) = (x.shape.channels, dy.shape.channels)
    let size = inputs * outputs
    let split = WideWinogradSplit(tiles: tiles.count)
    scratch.floats(split.groups * 36 * size) { partials in
      tiles.withLoopArguments { arguments in
        parallel(split.groups * 6) { task in
          let (group, row) = (task / 6, task % 6)
          let first = group * split.size
          sumRow(
            row, x, dy, arguments, first: first, count: min(split.size, tiles.count - first),
            into: partials + (group * 36 + row * 6) * size)
        }
      }
      parallel(36) { element in
        let sums = partials + element * size
        ck_sum_groups(sums, Int64(split.groups), 36 * size, Int64(size), sums)
      }
      gradient.values.withUnsafeMutableBufferPointer { gradient in
        guard let gradient = gradient.baseAddress else { return }
        // Tasks write to output channels of their own.
        nonisolated(unsafe) let base = gradient
        parallel(outputs) { output in
          ck_winograd_weight_gradient(
            partials + output * inputs, size, 1, Int64(inputs), base + output * inputs * 9)
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
    let from = ElementLayout(channels: inputs, tiles: count, elements: 6)
    let by = ElementLayout(channels: outputs, tiles: count, elements: 6)
    scratch.floats(from.size) { v in
      for c in 0..<inputs {
        loops.winograd_input_row(
          &arguments, x.plane(c), Int64(first), Int64(count), Int64(row), v + c * from.channel, from.element)
      }
      scratch.floats(by.size) { d in
        for o in 0..<outputs {
          loops.winograd_gradient_row(
            &arguments, dy.plane(o), Int64(first), Int64(count), Int64(row), d + o * by.channel, by.element)
        }
        for column in 0..<6 {
          blas.multiply(
            rows: outputs, columns: inputs, inner: count, a: d + column * by.element, aStride: by.channel,
            transposeA: false, b: v + column * from.element, bStride: from.channel, transposeB: true, beta: 0,
            c: sums + column * inputs * outputs, cStride: inputs)
        }
      }
    }
  }
}

/// Groups of tiles whose sums are added in order. Depends on the problem's size alone.
private struct WideWinogradSplit {
  let size: Int
  let groups: Int

  init(tiles: Int) {
    // Long enough that the library's packing pays.
    let wanted = max(1, tiles / 256)
    size = tiles.dividedRoundingUp(by: wanted).roundedUp(to: CK_VECTOR_FLOATS)
    groups = tiles.dividedRoundingUp(by: size)
  }
}
