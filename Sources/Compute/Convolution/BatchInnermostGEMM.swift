import CKernels

/// Convolutions with stride 1 of small maps with many channels, as products of matrices.
///
/// On a 4x4 map a third of a plane is border. So planes are packed with the batch innermost,
/// `[channel][row][column][image]`; then every tap is a product of its weights `[outputs, inputs]`
/// with the pixels it reads, `[inputs, columns * images]`, and pixels outside the map are not even
/// multiplied: a 3x3 convolution of a 2x2 map needs 16 of 36 products.
extension Engine {
  func batchInnermostConvolve(_ call: ConvolutionAlgorithm.Application) {
    let (x, weight, y, adjoint) = (call.x, call.weight, call.y, call.adjoint)
    let maps = BatchInnermostTaps(shape: x.shape, kernel: weight.shape[2])
    let (inputs, outputs) = (x.shape.channels, y.shape.channels)
    let tile = BatchInnermostTaps.tile
    let tiles = outputs.dividedRoundingUp(by: tile)
    scratch.floats(weight.count) { packed in
      packTaps(weight, into: packed)
      withPacked(x) { from in
        scratch.floats(outputs * maps.plane) { to in
          parallel(tiles * maps.rows) { task in
            let (row, first) = (task % maps.rows, task / maps.rows * tile)
            let count = min(tile, outputs - first)
            // The middle tap covers the whole row and so overwrites what was there.
            for (rank, tap) in maps.taps.enumerated() {
              guard let span = maps.span(row: row, tap: adjoint ? tap.opposite : tap) else { continue }
              let matrix = packed + tap.index * inputs * outputs
              blas.multiply(
                rows: count, columns: span.count, inner: inputs,
                a: matrix + (adjoint ? first : first * inputs), aStride: adjoint ? outputs : inputs,
                transposeA: adjoint, b: from + span.input, bStride: maps.plane, transposeB: false,
                beta: rank == 0 ? 0 : 1, c: to + (first * maps.plane + span.output), cStride: maps.plane)
            }
          }
          parallel(outputs) { channel in
            ck_unpack_pixels(
              to + channel * maps.plane, Int64(y.shape.images), Int64(y.shape.rows), Int64(y.shape.columns),
              call.bias?[channel] ?? 0, call.accumulate, y.plane(channel))
          }
        }
      }
    }
  }

  func batchInnermostWeightGradient(_ x: Planes, _ dy: Planes, into gradient: inout Tensor) {
    let maps = BatchInnermostTaps(shape: x.shape, kernel: gradient.shape[2])
    let (inputs, outputs) = (x.shape.channels, dy.shape.channels)
    let tile = BatchInnermostTaps.tile
    let tiles = outputs.dividedRoundingUp(by: tile)
    let taps = maps.taps.count
    gradient.values.withUnsafeMutableBufferPointer { gradient in
      guard let gradient = gradient.baseAddress else { return }
      scratch.floats(taps * inputs * outputs) { packed in
        withPacked(x) { from in
          withPacked(dy) { by in
            parallel(taps * tiles) { task in
              let (tap, first) = (maps.taps[task % taps], task / taps * tile)
              let to = packed + (tap.index * outputs + first) * inputs
              let count = min(tile, outputs - first)
              var beta: Float = 0
              for row in 0..<maps.rows {
                guard let span = maps.span(row: row, tap: tap) else { continue }
                blas.multiply(
                  rows: count, columns: inputs, inner: span.count,
                  a: by + (first * maps.plane + span.output), aStride: maps.plane, transposeA: false,
                  b: from + span.input, bStride: maps.plane, transposeB: true, beta: beta, c: to,
                  cStride: inputs)
                beta = 1
              }
              // A tap that only ever reads the border.
              if beta == 0 { to.update(repeating: 0, count: count * inputs) }
            }
          }
        }
        parallel(outputs) { output in
          for tap in 0..<taps {
            let from = packed + (tap * outputs + output) * inputs
            for input in 0..<inputs { gradient[(output * inputs + input) * taps + tap] = from[input] }
          }
        }
      }
    }
  }

  /// Weights as `[tap][output][input]`.
  private func packTaps(_ weight: Tensor, into packed: UnsafeMutablePointer<Float>) {
    let (outputs, inputs) = (weight.shape[0], weight.shape[1])
    let taps = weight.shape[2] * weight.shape[3]
    weight.values.withUnsafeBufferPointer { values in
      guard let values = values.baseAddress else { return }
      parallel(outputs) { output in
        for tap in 0..<taps {
          let to = packed + (tap * outputs + output) * inputs
          for input in 0..<inputs { to[input] = values[(output * inputs + input) * taps + tap] }
        }
      }
    }
  }

  private func withPacked(_ x: Planes, _ body: (UnsafeMutablePointer<Float>) -> Void) {
    let plane = x.shape.pixelsPerChannel
    scratch.floats(x.shape.channels * plane) { packed in
      parallel(x.shape.channels) { channel in
        ck_pack_pixels(
          x.plane(channel), Int64(x.shape.images), Int64(x.shape.rows), Int64(x.shape.columns),
          packed + channel * plane)
      }
      body(packed)
    }
  }
}

/// Which parts of packed maps each tap multiplies.
struct BatchInnermostTaps {
  /// Output channels of one product.
  static let tile = 128

  struct Tap {
    /// Rank in the kernel.
    let index: Int
    let row: Int
    let column: Int

    var opposite: Tap { Tap(index: index, row: -row, column: -column) }
  }

  let images: Int
  let rows: Int
  let columns: Int
  /// The middle tap first.
  let taps: [Tap]

  init(shape: PlaneShape, kernel: Int) {
    images = shape.images
    rows = shape.rows
    columns = shape.columns
    let all = (0..<kernel * kernel).map { index in
      Tap(index: index, row: index / kernel - kernel / 2, column: index % kernel - kernel / 2)
    }
    let middle = all[kernel * kernel / 2]
    taps = [middle] + all.filter { $0.index != middle.index }
  }

  /// Elements of one channel.
  var plane: Int { rows * columns * images }

  /// Where the pixels of an output row that a tap contributes to start, where those that it reads
  /// start, and how many elements there are; nil if it reads none.
  func span(row: Int, tap: Tap) -> (output: Int, input: Int, count: Int)? {
    let from = row + tap.row
    let low = max(0, -tap.column)
    let high = min(columns, columns - tap.column)
    guard (0..<rows).contains(from), low < high else { return nil }
    return (
      (row * columns + low) * images, (from * columns + low + tap.column) * images, (high - low) * images
    )
  }
}
