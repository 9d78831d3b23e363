import CKernels

/// Products of planes: by planes of the same shape, or by a gate, one value for each image of each
/// channel (squeeze and excitation, Hu et al. 2018, arXiv 1709.01507).
extension Engine {
  /// y = x * gate
  ///
  /// - Parameters:
  ///   - gate: planes of x's shape, or [channels, images, 1, 1]
  ///   - y: may be x, or the gate if that has its shape
  public func multiply(_ x: Planes, by gate: Planes, into y: Planes) {
    requireSameShape(x, y)
    guard isGate(gate, of: x) else { return multiply(x, gate, accumulate: false, into: y) }
    multiply(x, gate: gate, accumulate: false, into: y)
  }

  /// Gradients of ``multiply(_:by:into:)``: dx = dy * gate, and the gate's, dy * x, summed over
  /// pixels where the gate has one value for all of an image's.
  ///
  /// - Parameters:
  ///   - dx: nil where it is not wanted; may be dy if the gate's is not wanted
  ///   - accumulate: whether to add to dx, and to the gate's gradient, instead of overwriting it
  public func multiplyGradient(
    _ dy: Planes, input x: Planes, gate: Planes, into dx: Planes?, gateGradient: Planes?,
    accumulate: (dx: Bool, gateGradient: Bool) = (false, false)
  ) {
    requireSameShape(dy, x)
    let isGate = isGate(gate, of: x)
    // First, since dx may be dy.
    if let gateGradient {
      requireSameShape(gate, gateGradient)
      precondition(!(dx?.overlaps(dy) ?? false), "dy is read after dx is written")
      if isGate {
        sumProducts(dy, x, accumulate: accumulate.gateGradient, into: gateGradient)
      } else {
        multiply(dy, x, accumulate: accumulate.gateGradient, into: gateGradient)
      }
    }
    guard let dx else { return }
    requireSameShape(x, dx)
    if isGate {
      multiply(dy, gate: gate, accumulate: accumulate.dx, into: dx)
    } else {
      multiply(dy, gate, accumulate: accumulate.dx, into: dx)
    }
  }

  /// Whether there is one value for each image of each channel; else the shapes must be the same.
  private func isGate(_ gate: Planes, of x: Planes) -> Bool {
    let shape = PlaneShape(channels: x.shape.channels, images: x.shape.images, rows: 1, columns: 1)
    guard gate.shape != x.shape else { return false }
    precondition(gate.shape == shape, "\(gate.shape) is no gate of \(x.shape)")
    return true
  }

  private func multiply(_ a: Planes, _ b: Planes, accumulate: Bool, into y: Planes) {
    forEachChunk(channels: a.shape.channels, geometry: a.geometry) { channel, begin, end in
      ck_multiply_planes(a.plane(channel), b.plane(channel), accumulate, y.plane(channel), begin, end)
    }
  }

  func multiply(_ x: Planes, gate: Planes, accumulate: Bool, into y: Planes) {
    forEachImageRange(channels: x.shape.channels, shape: x.shape) { channel, first, images in
      let maps = ck_maps(x.shape, images: images)
      ck_multiply_images(
        maps, x.plane(channel, image: first), gate.plane(channel, image: first), gate.geometry.imageStride,
        accumulate, y.plane(channel, image: first))
    }
  }

  private func sumProducts(_ a: Planes, _ b: Planes, accumulate: Bool, into sums: Planes) {
    forEachImageRange(channels: a.shape.channels, shape: a.shape) { channel, first, images in
      let maps = ck_maps(a.shape, images: images)
      ck_image_products(
        maps, a.plane(channel, image: first), b.plane(channel, image: first), accumulate,
        sums.plane(channel, image: first), sums.geometry.imageStride)
    }
  }
}

extension ck_maps {
  init(_ shape: PlaneShape, images: Int) {
    self.init(images: Int64(images), rows: Int64(shape.rows), columns: Int64(shape.columns))
  }
}
