import CKernels

/// Gradients of weights by Winograd's minimal filtering F(4x4, 3x3): with y as in the forward direction,
/// dw = transposed(G) [sum over tiles of (A dy transposed(A)) * (transposed(B) x B)] G.
extension Engine {
  func winogradWeightGradient(_ x: Planes, _ dy: Planes, tiles: WinogradTiles, into gradient: inout Tensor) {
    let (inputs, outputs) = (x.shape.channels, dy.shape.channels)
    guard min(inputs, outputs) < WinogradTiles.manyChannels else {
      return wideWinogradWeightGradient(x, dy, tiles: tiles, into: &gradient)
    }
    let size = 36 * inputs * outputs
    let split = WinogradGradientSplit(
      tiles: tiles.count, inputs: inputs, outputs: outputs, cached: Int(loops.cached_floats))
    scratch.floats(split.groups * size) { partials in
      tiles.withLoopArguments { arguments in
        parallel(split.groups) { group in
          let first = group * split.size
          let last = min(tiles.count, first + split.size)
          let sums = partials + group * size
          sums.update(repeating: 0, count: size)
          for start in Swift.stride(from: first, to: last, by: split.piece) {
            addProducts(
              x, dy, arguments, first: start, count: min(split.piece, last - start), to: sums)
          }
        }
      }
      parallel(36) { element in
        let sums = partials + element * inputs * outputs
        ck_sum_groups(sums, Int64(split.groups), size, Int64(inputs * outputs), sums)
      }
      gradient.values.withUnsafeMutableBufferPointer { gradient in
        guard let gradient = gradient.baseAddress else { return }
        // Tasks write to input channels of their own.
        nonisolated(unsafe) let base = gradient
        parallel(inputs) { input in
          ck_winograd_weight_gradient(
            partials + input * outputs, inputs * outputs, Int64(outputs), base + input * 9, inputs * 9)
        }
      }
    }
  }

  /// Adds the sums over `count` tiles to `sums[element][input][output]`.
  private func addProducts(
    _ x: Planes, _ dy: Planes, _ arguments: ck_winograd, first: Int, count: Int,
    to sums: UnsafeMutablePointer<Float>
  ) {
    var arguments = arguments
    let (inputs, outputs) = (x.shape.channels, dy.shape.channels)
    let from = ElementLayout(channels: inputs, tiles: count)
    let by = ElementLayout(channels: outputs, tiles: count)
    scratch.floats(from.size) { v in
      for c in 0..<inputs {
        arguments.next = c + 1 < inputs ? x.geometry.stride : 0
        loops.winograd_input(
          &arguments, x.plane(c), Int64(first), Int64(count), v + c * from.channel, from.element)
      }
      scratch.floats(by.size) { d in
        for o in 0..<outputs {
          arguments.next = o + 1 < outputs ? dy.geometry.stride : 0
          loops.winograd_gradient(
            &arguments, dy.plane(o), Int64(first), Int64(count), d + o * by.channel, by.element)
        }
        var products = ck_product_sums(
          elements: 36, d: d, d_element: by.element, d_stride: by.channel, outputs: Int64(outputs), v: v,
          v_element: from.element, v_stride: from.channel, inputs: Int64(inputs), sums: sums,
          count: Int64(count))
        loops.product_sums(&products)
      }
    }
  }
}

/// Groups of tiles whose sums are added in order, and pieces of a group whose transformed tiles stay in a second-level
/// cache. Depends on the problem's size and the kernel class alone.
private struct WinogradGradientSplit {
  let piece: Int
  /// Tiles of a group, a multiple of `piece`.
  let size: Int
  let groups: Int

  init(tiles: Int, inputs: Int, outputs: Int, cached: Int) {
    // A sum over few tiles costs as much to fold as to build.
    let fitting = cached / (36 * (inputs + outputs))
    piece = max(48, fitting / CK_VECTOR_FLOATS * CK_VECTOR_FLOATS)
    // Enough groups to share evenly, but their sums must be added up too.
    let wanted = min(24, max(8, (1 << 20) / (36 * inputs * outputs)))
    size = tiles.dividedRoundingUp(by: wanted).roundedUp(to: piece)
    groups = tiles.dividedRoundingUp(by: size)
  }
}
