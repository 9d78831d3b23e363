import CKernels

/// Weight gradients of convolutions over shifted planes as products of matrices, one for each tap:
/// dW_t = dy * transposed(x shifted by t), whose inner dimension is the pixels.
///
/// Borders are zero in dy, so that products may run over them.
extension Engine {
  /// - Parameters:
  ///   - x: what taps read of each input channel
  ///   - offsets: of the taps
  ///   - gradient: [outputs][inputs][taps], overwritten
  ///   - multiply: adds a chunk's products, or overwrites the sums with them
  func weightGradientProducts(
    _ x: TapPlanes, offsets: [Int], _ outputGradient: Planes,
    into gradient: UnsafeMutablePointer<Float>, multiply: (WeightGradientChunk) -> Void
  ) {
    let (inputs, outputs) = (x.channels, outputGradient.shape.channels)
    guard outputGradient.geometry.length > 0 else {
      return gradient.update(repeating: 0, count: outputs * inputs * offsets.count)
    }
    let split = WeightGradientTiles(
      outputs: outputs, inputs: inputs, length: outputGradient.geometry.length)
    let size = offsets.count * outputs * inputs
    // Tasks write to output channels of their own.
    nonisolated(unsafe) let gradient = gradient
    // [groups][taps][outputs][inputs]
    scratch.floats(split.groups * size) { partials in
      parallel(split.tiles * split.groups) { task in
        let (rows, columns) = split.tile(task / split.groups)
        let group = task % split.groups
        let dy = outputGradient.channels(rows)
        let sums = partials + (group * size + rows.lowerBound * inputs + columns.lowerBound)
        split.forEachChunk(of: group) { pixels, isFirst in
          multiply(
            WeightGradientChunk(
              x: x.channels(columns), dy: dy, pixels: pixels, isFirst: isFirst, sums: sums, stride: inputs,
              tapStride: outputs * inputs))
        }
      }
      // Groups of pixels in their order.
      parallel(outputs) { output in
        for tap in offsets.indices {
          let sums = partials + (tap * outputs + output) * inputs
          ck_sum_groups(sums, Int64(split.groups), size, Int64(inputs), sums)
          for input in 0..<inputs {
            gradient[(output * inputs + input) * offsets.count + tap] = sums[input]
          }
        }
      }
    }
  }

  func multiplyByBLAS(_ chunk: WeightGradientChunk, offsets: [Int]) {
    let (x, dy, pixels) = (chunk.x, chunk.dy, chunk.pixels)
    readingAll(x, pixels.widened(by: offsets)) { from, xStride in
      readingAll(dy, pixels) { gradient, dyStride in
        for (tap, offset) in offsets.enumerated() {
          blas.multiply(
            rows: dy.shape.channels, columns: x.channels, inner: pixels.count,
            a: gradient + pixels.lowerBound, aStride: dyStride, transposeA: false,
            b: from + (pixels.lowerBound + offset), bStride: xStride, transposeB: true,
            beta: chunk.isFirst ? 0 : 1, c: chunk.sums + tap * chunk.tapStride, cStride: chunk.stride)
        }
      }
    }
  }
}

/// A tile of the matrices, and pixels that its products are summed over.
struct WeightGradientChunk {
  /// Channels that the tile's columns belong to.
  let x: TapPlanes
  /// Channels that its rows belong to.
  let dy: Planes
  let pixels: Range<Int>
  /// Whether the sums are overwritten, not added to.
  let isFirst: Bool
  /// Of the first tap.
  let sums: UnsafeMutablePointer<Float>
  /// From row to row.
  let stride: Int
  let tapStride: Int
}

/// How such a gradient is cut: tiles of the matrix of weights, and groups of pixels whose sums are
/// added in order. Depends on the problem's size alone.
private struct WeightGradientTiles {
  private let outputs: Int
  private let inputs: Int
  private let length: Int
  /// Elements of a plane in a group.
  private let width: Int
  private let across: Int
  let tiles: Int
  let groups: Int

  /// Of a tile: large enough that packing inside the library pays.
  private static let (rows, columns) = (128, 256)
  /// Elements of a plane that stay in the second-level cache while all taps read them.
  private static let chunk = 1024

  init(outputs: Int, inputs: Int, length: Int) {
    self.outputs = outputs
    self.inputs = inputs
    self.length = length
    across = inputs.dividedRoundingUp(by: Self.columns)
    tiles = outputs.dividedRoundingUp(by: Self.rows) * across
    // Enough tasks to share evenly, but none too small.
    let wanted = max(1, min(32 / max(1, tiles), length / (2 * Self.chunk)))
    width = max(1, length.dividedRoundingUp(by: wanted)).roundedUp(to: Self.chunk)
    groups = max(1, length.dividedRoundingUp(by: width))
  }

  func tile(_ index: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    let (row, column) = (index / across * Self.rows, index % across * Self.columns)
    return (row..<min(outputs, row + Self.rows), column..<min(inputs, column + Self.columns))
  }

  func forEachChunk(of group: Int, _ body: (_ pixels: Range<Int>, _ isFirst: Bool) -> Void) {
    let first = group * width
    let last = min(length, first + width)
    for begin in stride(from: first, to: last, by: Self.chunk) {
      body(begin..<min(last, begin + Self.chunk), begin == first)
    }
  }
}
