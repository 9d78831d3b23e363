import CKernels

/// Gradients of a 3x3 convolution by Winograd's minimal filtering F(4x4, 3x3).
///
/// The kernel's gradient is, turned around, the correlation of x, cut into tiles of 4x4, with dy:
/// dw = turned(transposed(G) [sum over tiles of (A x transposed(A)) * (transposed(B) dy B)] G). So
/// both gradients read the same transformed dy, which the input's needs in any case.
extension Engine {
  /// The gradient of the weights, alone or from one pass over dy with the input's; the same bits.
  ///
  /// - Parameter inputGradient: what the input's gradient overwrites or is added to, and the
  ///   weights it needs; nil where it is not wanted.
  func winogradGradients(
    _ x: Planes, _ dy: Planes, tiles: WinogradTiles, into gradient: inout Tensor,
    inputGradient: (planes: Planes, weight: Tensor, accumulate: Bool)?
  ) {
    guard let inputGradient else {
      return sumTiles(x, dy, tiles: tiles, into: &gradient, inputGradient: nil)
    }
    withTransformed(inputGradient.weight, adjoint: true) { weights in
      sumTiles(
        x, dy, tiles: tiles, into: &gradient,
        inputGradient: (inputGradient.planes, weights, inputGradient.accumulate))
    }
  }

  /// - Parameter inputGradient: what each range's transformed dy is filtered into, and by what
  ///   transformed weights.
  private func sumTiles(
    _ x: Planes, _ dy: Planes, tiles: WinogradTiles, into gradient: inout Tensor,
    inputGradient: (planes: Planes, weights: UnsafePointer<Float>, accumulate: Bool)?
  ) {
    let (inputs, outputs) = (x.shape.channels, dy.shape.channels)
    let size = 36 * inputs * outputs
    let split = WinogradGradientSplit(
      tiles: tiles.count, inputs: inputs, outputs: outputs, cached: Int(loops.cached_floats))
    let prefetch = Prefetch([dy, x] + (inputGradient.map { [$0.planes] } ?? []))
    scratch.floats(split.groups * size) { partials in
      tiles.withLoopArguments { arguments in
        let whole = TileRange(tiles: arguments, first: 0, count: tiles.count)
        parallel(split.groups) { group in
          let sums = partials + group * size
          sums.update(repeating: 0, count: size)
          let own = whole.part(group, size: split.size)
          // The other threads compute the groups until then.
          let after = group + threads < split.groups ? whole.part(group + threads, size: split.size) : nil
          let ranges = own.count.dividedRoundingUp(by: split.range)
          for index in 0..<ranges {
            let range = own.part(index, size: split.range)
            let next =
              index + 1 < ranges
              ? own.part(index + 1, size: split.range) : after?.part(0, size: split.range)
            let blocks = sumBlocks(x, dy) + productBlocks(range, outputs: inputGradient == nil ? 0 : inputs)
            prefetch.withLines(of: next?.span, blocks: blocks) { prefetch in
              withTransformed(dy, range) { transformed in
                withTransformedGradient(x, range) { addProducts($0, transformed, prefetch, to: sums) }
                if let (planes, weights, accumulate) = inputGradient {
                  filter(
                    transformed, weights, range, bias: nil, accumulate: accumulate, prefetch: prefetch,
                    into: planes
                  )
                }
              }
            }
          }
        }
      }
      transformBack(partials, groups: split.groups, isTurned: true, into: &gradient)
    }
  }

  /// Adds up the sums `[group][element][output][input]` in the order of their groups, and
  /// transforms them to the gradient of the weights.
  ///
  /// - Parameter isTurned: whether the kernel comes out turned around
  func transformBack(
    _ partials: UnsafeMutablePointer<Float>, groups: Int, isTurned: Bool, into gradient: inout Tensor
  ) {
    let (outputs, inputs) = (gradient.shape[0], gradient.shape[1])
    let size = outputs * inputs
    parallel(36) { element in
      let sums = partials + element * size
      ck_sum_groups(sums, Int64(groups), 36 * size, Int64(size), sums)
    }
    gradient.values.withUnsafeMutableBufferPointer { gradient in
      guard let gradient = gradient.baseAddress else { return }
      // Tasks write to output channels of their own.
      nonisolated(unsafe) let base = gradient
      parallel(outputs) { output in
        ck_winograd_weight_gradient(
          partials + output * inputs, size, Int64(inputs), isTurned, base + output * inputs * 9, 9)
      }
    }
  }

  /// Adds the sums over a range's tiles to `sums[element][channel of dy][channel of x]`.
  private func addProducts(
    _ x: TransformedTiles, _ dy: TransformedTiles, _ prefetch: UnsafeMutablePointer<ck_prefetch>?,
    to sums: UnsafeMutablePointer<Float>
  ) {
    var products = ck_product_sums(
      elements: 36, d: x.values, d_element: x.layout.element, d_stride: x.layout.channel,
      outputs: Int64(x.channels), v: dy.values, v_element: dy.layout.element, v_stride: dy.layout.channel,
      inputs: Int64(dy.channels), sums: sums, count: Int64(x.layout.tiles), prefetch: prefetch)
    loops.product_sums(&products)
  }

  /// Register blocks of these products.
  private func sumBlocks(_ x: Planes, _ dy: Planes) -> Int {
    36 * x.shape.channels.dividedRoundingUp(by: 4) * dy.shape.channels.dividedRoundingUp(by: 3)
  }
}

/// Groups of tiles whose sums are added in order, and ranges of a group whose transformed tiles
/// mostly stay in a second-level cache. Depends on the problem's size and the kernel class alone.
struct WinogradGradientSplit {
  /// A sum over fewer tiles costs as much to fold as to build.
  private static let fewestTiles = 64

  let range: Int
  /// Tiles of a group.
  let size: Int
  let groups: Int

  init(tiles: Int, inputs: Int, outputs: Int, cached: Int) {
    // Enough groups to share evenly, but their sums must be added up, too.
    let wanted = min(24, max(8, (1 << 20) / (36 * inputs * outputs)))
    size = max(Self.fewestTiles, tiles.dividedRoundingUp(by: wanted)).roundedUp(to: CK_VECTOR_FLOATS)
    groups = tiles.dividedRoundingUp(by: size)
    // The next range's planes come to that cache, too.
    let fitting = max(Self.fewestTiles, cached / (36 * (inputs + outputs)) * 4 / 5)
    range = size.dividedRoundingUp(by: size.dividedRoundingUp(by: fitting)).roundedUp(to: CK_VECTOR_FLOATS)
  }
}
