import CKernels

/// Winograd's minimal filtering of maps that are not made of whole 4x4 tiles, such as ImageNet's of
/// 14x14 and 7x7: of copies with zeros to the right and below.
///
/// Zeros there are what the convolution pads with, too, so the pixels of the maps themselves come
/// out the same; in a weight gradient they add nothing.
extension Engine {
  func paddedConvolve(_ call: ConvolutionAlgorithm.Application, padded: PaddedTiles) {
    withPadded(call.x, padded) { x in
      var whole = call
      whole.x = x
      whole.y = Planes(uninitialized: x.shape.with(channels: call.y.shape.channels))
      whole.accumulate = false
      manyChannelWinogradConvolve(whole, tiles: padded.tiles)
      crop(whole.y, accumulate: call.accumulate, into: call.y)
    }
  }

  func paddedWeightGradient(_ x: Planes, _ dy: Planes, padded: PaddedTiles, into gradient: inout Tensor) {
    withPadded(x, padded) { x in
      withPadded(dy, padded) { dy in
        manyChannelWinogradWeightGradient(x, dy, tiles: padded.tiles, into: &gradient)
      }
    }
  }

  private func withPadded(_ x: Planes, _ padded: PaddedTiles, _ body: (Planes) -> Void) {
    let shape = x.shape
    let copy = Planes(uninitialized: padded.shape.with(channels: shape.channels))
    let (rows, columns) = (copy.shape.rows, copy.shape.columns)
    parallel(shape.channels) { channel in
      reading(x, channel, x.geometry.elements) { plane in
        for image in 0..<copy.shape.images {
          for row in 0..<rows {
            let to = copy.plane(channel) + (image * copy.geometry.imageStride + row * copy.geometry.pitch)
            let isInside = image < shape.images && row < shape.rows
            let count = isInside ? shape.columns : 0
            if isInside {
              to.update(
                from: plane + (image * x.geometry.imageStride + row * x.geometry.pitch), count: count)
            }
            (to + count).update(repeating: 0, count: columns - count)
          }
        }
      }
    }
    body(copy)
  }

  /// y = the upper left part of x, or that added to y.
  private func crop(_ x: Planes, accumulate: Bool, into y: Planes) {
    let shape = y.shape
    parallel(shape.channels) { channel in
      writing(y, channel, y.geometry.elements, keepsValues: true) { plane in
        for image in 0..<shape.images {
          for row in 0..<shape.rows {
            let to = plane + (image * y.geometry.imageStride + row * y.geometry.pitch)
            let from = x.plane(channel) + (image * x.geometry.imageStride + row * x.geometry.pitch)
            if accumulate {
              for column in 0..<shape.columns { to[column] += from[column] }
            } else {
              to.update(from: from, count: shape.columns)
            }
          }
        }
      }
    }
  }
}

/// Maps padded to whole tiles, with enough images for the tiles to fill whole vectors.
struct PaddedTiles {
  /// Of the padded maps, with one channel.
  let shape: PlaneShape
  let tiles: WinogradTiles

  /// Pixels of the padded maps for each pixel of the maps.
  let growth: Double

  /// Nil where planes would be too large for tiles.
  init?(_ maps: PlaneShape) {
    let (rows, columns) = (maps.rows.roundedUp(to: 4), maps.columns.roundedUp(to: 4))
    let tilesOfImage = rows / 4 * (columns / 4)
    // The fewest images more that make whole vectors of tiles.
    guard
      let images = (maps.images..<maps.images + CK_VECTOR_FLOATS).first(where: {
        $0 * tilesOfImage % CK_VECTOR_FLOATS == 0
      })
    else { return nil }
    shape = PlaneShape(channels: 1, images: images, rows: rows, columns: columns)
    growth = Double(shape.pixelsPerChannel) / Double(max(1, maps.pixelsPerChannel))
    guard let tiles = WinogradTiles(shape) else { return nil }
    self.tiles = tiles
  }
}
