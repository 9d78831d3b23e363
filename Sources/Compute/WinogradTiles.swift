import CKernels

/// The tiles of 2x2 outputs that Winograd's minimal filtering F(2x2, 3x3) cuts maps into, in the order of images, rows,
/// columns: 16 products a tile instead of 36 (Lavin and Gray, arXiv 1509.09308).
struct WinogradTiles {
  /// Fewer channels do not repay the transforms.
  static let leastChannels = 24

  let count: Int
  private let run: Int
  private let starts: [Int32]
  private let pitch: Int

  /// Nil where the maps cannot be cut into whole vectors of tiles.
  init?(_ shape: PlaneShape, _ geometry: PlaneGeometry) {
    let across = shape.columns / 2
    let down = shape.rows / 2
    count = shape.images * down * across
    guard shape.rows % 2 == 0, shape.columns % 2 == 0, count > 0, count % CK_VECTOR_FLOATS == 0 else {
      return nil
    }
    guard [2, 4, 8].contains(across) || across % CK_VECTOR_FLOATS == 0 else { return nil }
    let run = min(across, CK_VECTOR_FLOATS)
    guard shape.images * geometry.imageStride <= Int32.max else { return nil }
    starts = (0..<count / run).map { index in
      let tile = index * run
      let (image, row) = (tile / (down * across), tile / across % down)
      return Int32(image * geometry.imageStride + 2 * row * geometry.pitch + tile % across * 2)
    }
    self.run = run
    pitch = geometry.pitch
  }

  /// Lends the tiles as the inner loops take them.
  func withLoopArguments(_ body: (ck_winograd) -> Void) {
    starts.withUnsafeBufferPointer {
      body(ck_winograd(run: Int64(run), starts: $0.baseAddress, pitch: pitch))
    }
  }

  /// Tiles whose transformed input and output, of so many channels together, stay in a second-level cache: about 1 MiB.
  func pieces(channels: Int) -> (size: Int, count: Int) {
    let fitting = 16384 / channels / CK_PIXEL_BLOCK * CK_PIXEL_BLOCK
    let size = min(count, max(fitting, CK_PIXEL_BLOCK))
    return (size, count.dividedRoundingUp(by: size))
  }
}
