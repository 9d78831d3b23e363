import CKernels

/// A batch cut into groups of few images, each of which goes through the loops over contributions
/// by itself: what is used again of it then stays in the second-level cache.
///
/// An image's results do not depend on its group.
struct ImageGroups {
  /// Of a group's outputs.
  let shape: PlaneShape
  let geometry: PlaneGeometry
  /// Where vectors are of images, in the batch-innermost layout, rather than of pixels.
  let lanes: BatchInnermostLayout?
  /// Of the last group, which may be smaller.
  private let lastGeometry: PlaneGeometry
  private let vectors: PixelVectors
  private let groups: [Range<Int>]
  private let engine: Engine

  /// Vectors that the loops compute at a time.
  private var blockVectors: Int { Int(engine.loops.signed_vectors) }

  /// - Parameter output: of the convolution, for all images.
  init(of output: PlaneShape, kernel: Int, stride step: Int, engine: Engine) {
    let width = Int(engine.loops.width)
    let side = BatchInnermostLayout.images(of: output, kernel: kernel, stride: step, width: width)
    // Some register blocks for each row of weights.
    let wanted = max(1, 16 * width / (output.rows * output.columns))
    let fitting = side ?? PixelVectors.images(atLeast: wanted, of: PlaneGeometry.of(output), width: width)
    shape = output.with(images: min(fitting, output.images))
    geometry = PlaneGeometry.of(shape)
    lanes = side == nil ? nil : BatchInnermostLayout(shape, width: width)
    vectors = PixelVectors(of: geometry, width: width)
    let size = max(1, shape.images)
    groups = stride(from: 0, to: output.images, by: size).map { $0..<min(output.images, $0 + size) }
    lastGeometry = PlaneGeometry.of(output.with(images: groups.last?.count ?? 0))
    self.engine = engine
  }

  /// Runs `body` for every group; `next` is the one that the same thread takes on after it, nil for
  /// its last one.
  ///
  /// - Parameter makeWorkspace: makes planes for what is computed of one group. A thread uses them
  ///   for all of its groups, as the caches still hold them.
  func forEach<Workspace>(
    _ makeWorkspace: () -> Workspace,
    _ body: (_ workspace: Workspace, _ images: Range<Int>, _ next: Range<Int>?) -> Void
  ) {
    // One thread takes all groups, so that each but the last fetches the next.
    let tasks = engine.threads == 1 ? 1 : min(groups.count, 4 * engine.threads)
    engine.parallel(tasks) { task in
      let own = groups[task * groups.count / tasks..<(task + 1) * groups.count / tasks]
      let workspace = makeWorkspace()
      for index in own.indices {
        body(workspace, own[index], index + 1 < own.endIndex ? own[index + 1] : nil)
      }
    }
  }

  /// Calls `body` with a group's vectors of pixels and their number.
  func withVectors(of images: Range<Int>, _ body: (ck_pixel_vectors, ck_mask, _ count: Int) -> Void) {
    // A smaller group's last vector may reach into what would be the next image of a whole one.
    let mask = (images.count == shape.images ? geometry : lastGeometry).mask
    vectors.withLoopForm(images: images.count) { body($0, mask, $1) }
  }

  /// Flat indices of some images, in planes of the outputs' geometry.
  func span(_ images: Range<Int>?) -> Range<Int>? {
    images.map { $0.lowerBound * geometry.imageStride..<$0.upperBound * geometry.imageStride }
  }

  /// Register blocks of the sums of a group, for the given number of rows of weights.
  func blocks(rows: Int) -> Int {
    let blockPixels = blockVectors * Int(engine.loops.width)
    return rows.dividedRoundingUp(by: CK_SIGNED_GROUP)
      * shape.pixelsPerChannel.dividedRoundingUp(by: blockPixels)
  }
}

extension Planes {
  /// A channel's flat index 0 of an image.
  func plane(_ channel: Int, image: Int) -> UnsafeMutablePointer<Float> {
    plane(channel) + image * geometry.imageStride
  }
}
