import CKernels

/// The tiles of 4x4 outputs that Winograd's minimal filtering F(4x4, 3x3) cuts maps into, in the
/// order of images, rows, columns: 36 products a tile instead of 144 (Lavin and Gray, arXiv
/// 1509.09308).
struct WinogradTiles {
  let count: Int
  private let shape: PlaneShape

  /// Nil where the maps cannot be cut into whole vectors of tiles.
  init?(_ shape: PlaneShape) {
    self.shape = shape
    count = shape.images * (shape.rows / 4) * (shape.columns / 4)
    guard shape.rows % 4 == 0, shape.columns % 4 == 0, count > 0, count % CK_VECTOR_FLOATS == 0,
      shape.elementsPerChannel <= Int32.max
    else { return nil }
  }

  /// Calls `body` with the tiles as the inner loops read them.
  func withLoopArguments(_ body: (ck_winograd) -> Void) {
    let geometry = PlaneGeometry.of(shape)
    let across = shape.columns / 4
    let down = shape.rows / 4
    let run = across % 4 == 0 ? 4 : across % 2 == 0 ? 2 : 1
    let starts = (0..<count / run).map { index in
      let tile = index * run
      let (image, row) = (tile / (down * across), tile / across % down)
      return Int32(image * geometry.imageStride + 4 * row * geometry.pitch + tile % across * 4)
    }
    starts.withUnsafeBufferPointer {
      body(ck_winograd(count: Int64(count), run: Int64(run), starts: $0.baseAddress, pitch: geometry.pitch))
    }
  }

  /// Ranges of tiles that stay in a cache, transformed, and as many as the threads share evenly.
  ///
  /// - Parameters:
  ///   - channels: that are in work at a time
  ///   - block: tiles that the products' inner loop takes at a time
  ///   - cached: floats that stay in the cache
  ///   - threads: that compute ranges; 1 where they work on each together
  func ranges(channels: Int, block: Int, cached: Int, threads: Int = 1) -> (size: Int, count: Int) {
    let fitting = max(cached / (36 * channels) / block * block, block)
    let rounds = count.dividedRoundingUp(by: fitting * threads)
    let even = count.dividedRoundingUp(by: rounds * threads).roundedUp(to: CK_VECTOR_FLOATS)
    let size = min(count, fitting, even)
    return (size, count.dividedRoundingUp(by: size))
  }
}
