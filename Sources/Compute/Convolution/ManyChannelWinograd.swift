import CKernels

extension Engine {
  /// Minimal filtering between many channels, whose transformed weights fill the caches: each
  /// element's are read once for all tiles of a range, whose transformed input and products stay in
  /// a third-level cache.
  func manyChannelWinogradConvolve(_ call: ConvolutionAlgorithm.Application, tiles: WinogradTiles) {
    withTransformed(call.weight, adjoint: call.adjoint) { filterByElements(call, $0, tiles: tiles) }
  }

  private func filterByElements(
    _ call: ConvolutionAlgorithm.Application, _ weights: UnsafePointer<Float>, tiles: WinogradTiles
  ) {
    let (x, y) = (call.x, call.y)
    let (inputs, outputs) = (x.shape.channels, y.shape.channels)
    let size = tiles.ranges(
      channels: inputs + outputs, block: Int(loops.tile_block), cached: ManyChannelRanges.cached
    ).size
    tiles.withLoopArguments { arguments in
      for first in Swift.stride(from: 0, to: tiles.count, by: size) {
        let range = TileRange(tiles: arguments, first: first, count: min(size, tiles.count - first))
        let count = range.count
        let from = ElementLayout(channels: inputs, tiles: count)
        let to = ElementLayout(channels: outputs, tiles: count)
        scratch.floats(from.size) { v in
          parallel(inputs) { channel in
            var arguments = arguments
            reading(x, channel, range.span) {
              loops.winograd_input(
                &arguments, $0, Int64(first), Int64(count), v + channel * from.channel, from.element)
            }
          }
          scratch.floats(to.size) { m in
            multiply(v, from, weights, inputs: inputs, outputs: outputs, count: count, into: m, to)
            parallel(outputs) { channel in
              transformBack(
                m + channel * to.channel, to, range, bias: call.bias?[channel] ?? 0,
                accumulate: call.accumulate, into: y, channel)
            }
          }
        }
      }
    }
  }

  private func multiply(
    _ v: UnsafePointer<Float>, _ from: ElementLayout, _ weights: UnsafePointer<Float>, inputs: Int,
    outputs: Int, count: Int, into m: UnsafeMutablePointer<Float>, _ to: ElementLayout
  ) {
    let blocks = OutputBlocks(outputs: outputs, size: ManyChannelRanges.outputs)
    parallel(36 * blocks.count) { task in
      let (element, block) = (task / blocks.count, blocks[task % blocks.count])
      var first = block.lowerBound
      while first < block.upperBound {
        let group = Int(ck_output_group(Int64(outputs), Int64(first)))
        var products = ck_products(
          elements: 1, x: v + element * from.element, x_element: from.element, x_stride: from.channel,
          inputs: Int64(inputs), weights: weights + (element * outputs + first) * inputs,
          weights_element: inputs * outputs, outputs: Int64(group),
          y: m + element * to.element + first * to.channel, y_element: to.element, y_stride: to.channel,
          count: Int64(count), prefetch: nil)
        loops.multiply(&products)
        first += group
      }
    }
  }
}

/// Output channels cut into blocks of whole groups, as `ck_output_group` makes them.
struct OutputBlocks {
  private let outputs: Int
  private let size: Int
  let count: Int

  /// - Parameter size: of a block; a multiple of `CK_OUTPUT_GROUP`
  init(outputs: Int, size: Int) {
    self.outputs = outputs
    self.size = size
    // A single channel at the end belongs to a group that starts before.
    count = max(1, (outputs - 1).dividedRoundingUp(by: size))
  }

  subscript(_ block: Int) -> Range<Int> {
    block * size..<(block == count - 1 ? outputs : (block + 1) * size)
  }
}

private enum ManyChannelRanges {
  /// Output channels of a task.
  static let outputs = 128
  /// Floats of a range's transformed input and products: 8 MiB.
  static let cached = 1 << 21
}

/// Gradients of weights between many channels by Winograd's minimal filtering: the sums are
/// products of matrices large enough for BLAS, one row of the 6x6 elements at a time.
extension Engine {
  func manyChannelWinogradWeightGradient(
    _ x: Planes, _ dy: Planes, tiles: WinogradTiles, into gradient: inout Tensor
  ) {
    let (inputs, outputs) = (x.shape.channels, dy.shape.channels)
    let size = inputs * outputs
    // Long enough that the library's packing pays.
    let most = min(32, tiles.count / 256)
    let groups = GradientGroups(of: tiles.count, sums: 36 * size, most: most, unit: CK_VECTOR_FLOATS)
    scratch.floats(groups.count * 36 * size) { partials in
      tiles.withLoopArguments { arguments in
        parallel(groups.count * 6) { task in
          let (group, row) = (task / 6, task % 6)
          let range = TileRange(
            tiles: arguments, first: groups[group].lowerBound, count: groups[group].count)
          sumRow(row, x, dy, range, into: partials + (group * 36 + row * 6) * size)
        }
      }
      transformBack(partials, groups: groups.count, isTurned: false, into: &gradient)
    }
  }

  private func sumRow(
    _ row: Int, _ x: Planes, _ dy: Planes, _ range: TileRange, into sums: UnsafeMutablePointer<Float>
  ) {
    var tiles = range.tiles
    let (first, count) = (range.first, range.count)
    let (inputs, outputs) = (x.shape.channels, dy.shape.channels)
    let from = ElementLayout(channels: inputs, tiles: count, elements: 6)
    let by = ElementLayout(channels: outputs, tiles: count, elements: 6)
    scratch.floats(from.size) { v in
      for c in 0..<inputs {
        reading(x, c, range.span) {
          loops.winograd_input_row(
            &tiles, $0, Int64(first), Int64(count), Int64(row), v + c * from.channel, from.element)
        }
      }
      scratch.floats(by.size) { d in
        for o in 0..<outputs {
          reading(dy, o, range.span) {
            loops.winograd_gradient_row(
              &tiles, $0, Int64(first), Int64(count), Int64(row), d + o * by.channel, by.element)
          }
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
