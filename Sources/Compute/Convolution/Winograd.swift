import CKernels

/// 3x3 convolutions with stride 1 by Winograd's minimal filtering F(4x4, 3x3).
///
/// y = transposed(A) [sum over c of (G w_c transposed(G)) * (transposed(B) x_c B)] A for every tile
/// (Lavin and Gray, arXiv 1509.09308): the sum is a product of matrices for each of the 36
/// elements. The error is several times that of the direct sum.
extension Engine {
  func winogradConvolve(_ call: ConvolutionAlgorithm.Application, tiles: WinogradTiles) {
    let (x, y) = (call.x, call.y)
    let (inputs, outputs) = (x.shape.channels, y.shape.channels)
    withTransformed(call.weight, adjoint: call.adjoint) { weights in
      // Half of the second-level cache is for the input.
      let ranges = tiles.ranges(
        channels: inputs, block: Int(loops.tile_block), cached: Int(loops.cached_floats) / 2,
        threads: threads)
      let prefetch = Prefetch([x, y])
      tiles.withLoopArguments { arguments in
        let whole = TileRange(tiles: arguments, first: 0, count: tiles.count)
        parallel(ranges.count) { index in
          let range = whole.part(index, size: ranges.size)
          // The other threads compute the ranges until then.
          let next = index + threads < ranges.count ? whole.part(index + threads, size: ranges.size) : nil
          prefetch.withLines(of: next?.span, blocks: productBlocks(range, outputs: outputs)) { prefetch in
            withTransformed(x, range) { v in
              filter(
                v, weights, range, bias: call.bias, accumulate: call.accumulate, prefetch: prefetch, into: y)
            }
          }
        }
      }
    }
  }

  /// Calls `body` with transposed(B) x B of the range's tiles in every channel.
  func withTransformed(_ x: Planes, _ range: TileRange, _ body: (TransformedTiles) -> Void) {
    transform(x, range, by: loops.winograd_input, body)
  }

  /// Calls `body` with A x transposed(A) of them.
  func withTransformedGradient(
    _ x: Planes, _ range: TileRange, _ body: (TransformedTiles) -> Void
  ) {
    transform(x, range, by: loops.winograd_gradient, body)
  }

  private func transform(
    _ x: Planes, _ range: TileRange, by transform: ck_winograd_transform?,
    _ body: (TransformedTiles) -> Void
  ) {
    guard let transform else { preconditionFailure("this class of kernels has no transforms") }
    let layout = ElementLayout(channels: x.shape.channels, tiles: range.count)
    var tiles = range.tiles
    scratch.floats(layout.size) { v in
      for c in 0..<x.shape.channels {
        reading(x, c, range.span) {
          transform(
            &tiles, $0, Int64(range.first), Int64(range.count), v + c * layout.channel, layout.element)
        }
      }
      body(TransformedTiles(values: v, layout: layout, channels: x.shape.channels))
    }
  }

  /// y of a range: the products with transformed weights, transformed back.
  func filter(
    _ x: TransformedTiles, _ weights: UnsafePointer<Float>, _ range: TileRange, bias: [Float]?,
    accumulate: Bool, prefetch: UnsafeMutablePointer<ck_prefetch>?, into y: Planes
  ) {
    let outputs = y.shape.channels
    let products = ck_products(
      elements: 36, x: x.values, x_element: x.layout.element, x_stride: x.layout.channel,
      inputs: Int64(x.channels), weights: weights, weights_element: x.channels * outputs, outputs: 0, y: nil,
      y_element: 0, y_stride: 0, count: Int64(range.count), prefetch: prefetch)
    forEachOutputGroup(products, outputs: outputs) { m, layout, output in
      transformBack(m, layout, range, bias: bias?[output] ?? 0, accumulate: accumulate, into: y, output)
    }
  }

  /// A channel of y from its products.
  func transformBack(
    _ m: UnsafePointer<Float>, _ layout: ElementLayout, _ range: TileRange, bias: Float, accumulate: Bool,
    into y: Planes, _ channel: Int
  ) {
    var tiles = range.tiles
    let (first, count) = (Int64(range.first), Int64(range.count))
    writingTiles(range, accumulate: accumulate, of: y, channel) { y, accumulate in
      loops.winograd_output(&tiles, m, layout.element, first, count, bias, accumulate, y)
    }
  }

  /// Calls `body` with what to write a range's pixels to, at their flat indices, and whether to add
  /// to what is there.
  private func writingTiles(
    _ range: TileRange, accumulate: Bool, of y: Planes, _ channel: Int,
    _ body: (UnsafeMutablePointer<Float>, _ accumulate: Bool) -> Void
  ) {
    switch y.precision {
    case .float32: body(y.plane(channel), accumulate)
    case .bfloat16:
      // Between the tiles lie pixels that other threads write.
      withParts(1, range.span) { part, _ in
        body(part, false)
        var tiles = range.tiles
        loops.narrow_tiles(
          &tiles, part, Int64(range.first), Int64(range.count), accumulate, y.bfloat16Plane(channel))
      }
    }
  }

  /// Register blocks of the products that ``filter(_:_:_:bias:accumulate:prefetch:into:)``
  /// computes.
  func productBlocks(_ range: TileRange, outputs: Int) -> Int {
    36 * outputs.dividedRoundingUp(by: CK_OUTPUT_GROUP) * max(1, range.count / Int(loops.tile_block))
  }

  /// Computes the products for a few output channels at a time, so that they stay in the
  /// second-level cache, and calls `body` with those of each channel.
  private func forEachOutputGroup(
    _ products: ck_products, outputs: Int,
    _ body: (UnsafePointer<Float>, ElementLayout, _ output: Int) -> Void
  ) {
    let layout = ElementLayout(channels: CK_OUTPUT_GROUP, tiles: Int(products.count))
    var products = products
    scratch.floats(layout.size) { m in
      products.y = m
      products.y_element = layout.element
      products.y_stride = layout.channel
      var first = 0
      while first < outputs {
        let group = Int(ck_output_group(Int64(outputs), Int64(first)))
        products.outputs = Int64(group)
        loops.multiply(&products)
        for index in 0..<group { body(m + index * layout.channel, layout, first + index) }
        products.weights += group * Int(products.inputs)
        first += group
      }
    }
  }

  /// Calls `body` with the transformed weights, `[element]` and then packed; the adjoint's kernels
  /// are turned around.
  func withTransformed(_ weight: Tensor, adjoint: Bool, _ body: (UnsafePointer<Float>) -> Void) {
    let (outputs, inputs) = (weight.shape[adjoint ? 1 : 0], weight.shape[adjoint ? 0 : 1])
    scratch.floats(36 * outputs * inputs) { packed in
      weight.values.withUnsafeBufferPointer { values in
        guard let values = values.baseAddress else { return }
        nonisolated(unsafe) let base = values
        let blocks = OutputBlocks(outputs: outputs, size: 2 * CK_OUTPUT_GROUP)
        parallel(blocks.count) { task in
          let block = blocks[task]
          ck_winograd_weights(
            base, Int64(outputs), Int64(inputs), adjoint, Int64(block.lowerBound), Int64(block.upperBound),
            packed
          )
        }
      }
      body(packed)
    }
  }
}

/// Tiles that are transformed and multiplied together.
struct TileRange {
  /// All tiles of the maps.
  let tiles: ck_winograd
  let first: Int
  let count: Int

  /// Flat indices that the tiles read and write.
  var span: Range<Int> {
    let run = Int(tiles.run)
    let last = Int(tiles.starts[(first + count) / run - 1])
    return Int(tiles.starts[first / run]) - tiles.pitch - 1..<last + 4 * (tiles.pitch + run) + 1
  }

  func part(_ index: Int, size: Int) -> TileRange {
    let start = index * size
    return TileRange(tiles: tiles, first: first + start, count: min(size, count - start))
  }
}

/// A range's tiles, transformed: `[element][channel][tile]`.
struct TransformedTiles {
  let values: UnsafePointer<Float>
  let layout: ElementLayout
  let channels: Int
}

/// Where the elements of transformed tiles lie: `[element][channel][tile]`.
struct ElementLayout {
  let tiles: Int
  /// From one channel to the next.
  let channel: Int
  /// From one of a tile's elements to the next: an odd number of cache lines, so that the elements
  /// of a tile, which are written side by side, fall into different sets of a first-level cache.
  let element: Int
  let size: Int

  init(channels: Int, tiles: Int, elements: Int = 36) {
    self.tiles = tiles
    channel = tiles.roundedUp(to: CK_VECTOR_FLOATS)
    let lines = (channels * channel).dividedRoundingUp(by: CK_VECTOR_FLOATS)
    element = (lines | 1) * CK_VECTOR_FLOATS
    size = elements * element
  }
}
