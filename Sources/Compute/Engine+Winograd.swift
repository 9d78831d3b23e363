import CKernels

/// 3x3 convolutions with stride 1 by Winograd's minimal filtering F(2x2, 3x3).
///
/// y = transposed(A) [sum over c of (G w_c transposed(G)) * (transposed(B) x_c B)] A for every tile (Lavin and Gray,
/// arXiv 1509.09308): the sum is a convolution with a 1x1 kernel for each of the 16 elements. Transforms only add, so
/// the error is of the size of the direct sum's.
extension Engine {
  /// Tiles for a convolution where filtering by tiles is faster than direct sums.
  func winogradTiles(_ maps: Planes, channels: Int, kernel: Int, stride: Int) -> WinogradTiles? {
    guard loops.winograd_input != nil, kernel == 3, stride == 1,
      min(maps.shape.channels, channels) >= WinogradTiles.leastChannels
    else { return nil }
    return WinogradTiles(maps.shape, maps.geometry)
  }

  /// y = weight applied to x, or its adjoint.
  func winogradConvolve(
    _ x: Planes, _ weight: Tensor, bias: [Float]?, adjoint: Bool, accumulate: Bool, tiles: WinogradTiles,
    into y: Planes
  ) {
    let (inputs, outputs) = (x.shape.channels, y.shape.channels)
    let pieces = tiles.pieces(channels: inputs + outputs)
    // Not a multiple of the first-level cache's sets, so that channels do not displace each other.
    let stride = pieces.size + CK_VECTOR_FLOATS
    let everything = PlaneGeometry.of(PlaneShape(channels: 1, images: 1, rows: 1, columns: pieces.size)).mask
    withTransformed(weight, adjoint: adjoint) { weights in
      tiles.withLoopArguments { arguments in
        parallel(pieces.count) { piece in
          var arguments = arguments
          let first = piece * pieces.size
          let count = min(pieces.size, tiles.count - first)
          scratch.floats(16 * inputs * stride) { v in
            for c in 0..<inputs {
              loops.winograd_input(
                &arguments, x.plane(c), Int64(first), Int64(count), v + c * stride, inputs * stride)
            }
            scratch.floats(16 * outputs * stride) { m in
              for element in 0..<16 {
                multiply(
                  weights + element * inputs * outputs, v + element * inputs * stride, inputs: inputs,
                  outputs: outputs,
                  stride: stride, count: count, mask: everything, into: m + element * outputs * stride)
              }
              for o in 0..<outputs {
                loops.winograd_output(
                  &arguments, m + o * stride, outputs * stride, Int64(first), Int64(count), bias?[o] ?? 0,
                  accumulate,
                  y.plane(o))
              }
            }
          }
        }
      }
    }
  }

  /// y[o] = sum over c of weights[o][c] * x[c], weights packed.
  private func multiply(
    _ weights: UnsafePointer<Float>, _ x: UnsafePointer<Float>, inputs: Int, outputs: Int, stride: Int,
    count: Int,
    mask: ck_mask, into y: UnsafeMutablePointer<Float>
  ) {
    var offset = 0
    withUnsafePointer(to: &offset) { offsets in
      var job = ck_convolution(
        x: x, x_stride: stride, inputs: Int64(inputs), offsets: offsets, taps: 1, weights: weights, bias: nil,
        y: y,
        y_stride: stride, outputs: Int64(outputs), mask: mask, accumulate: false)
      loops.convolve(&job, 0, count)
    }
  }

  /// Lends the transformed weights, `[element]` and then packed.
  private func withTransformed(_ weight: Tensor, adjoint: Bool, _ body: (UnsafePointer<Float>) -> Void) {
    let (rows, columns) = (weight.shape[0], weight.shape[1])
    scratch.floats(16 * rows * columns) { transformed in
      weight.values.withUnsafeBufferPointer { values in
        guard let values = values.baseAddress else { return }
        nonisolated(unsafe) let base = values
        parallel(rows) { ck_winograd_weights(base, Int64(columns), Int64($0), 1, transformed) }
      }
      scratch.floats(16 * rows * columns) { packed in
        parallel(16) { element in
          // The adjoint turns kernels around, which in the transformed ones swaps the first and the last row and column.
          let turned = [3, 1, 2, 0]
          var from = Int64(adjoint ? 4 * turned[element / 4] + turned[element % 4] : element)
          ck_pack_weights(
            transformed, Int64(adjoint ? columns : rows), Int64(adjoint ? rows : columns), 16, &from, 1,
            adjoint,
            packed + element * rows * columns)
        }
        body(packed)
      }
    }
  }
}
