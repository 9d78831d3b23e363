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
    forEachChunk(
      channels: a.shape.channels, geometry: a.geometry, precision: .least(a, b, y)
    ) { channel, begin, end in
      reading(a, channel, begin..<end) { a in
        reading(b, channel, begin..<end) { b in
          writing(y, channel, begin..<end, keepsValues: accumulate) { y in
            ck_multiply_planes(a, b, accumulate, y, begin, end)
          }
        }
      }
    }
  }

  func multiply(_ x: Planes, gate: Planes, accumulate: Bool, into y: Planes) {
    forEachImageRange(channels: x.shape.channels, shape: x.shape) { channel, first, images in
      let maps = ck_maps(x.shape, images: images)
      let (elements, gates) = elements(x, gate, first, images)
      reading(x, channel, elements) { x in
        reading(gate, channel, gates) { values in
          writing(y, channel, elements, keepsValues: true) { y in
            ck_multiply_images(
              maps, x + elements.lowerBound, values + gates.lowerBound, gate.geometry.imageStride, accumulate,
              y + elements.lowerBound)
          }
        }
      }
    }
  }

  private func sumProducts(_ a: Planes, _ b: Planes, accumulate: Bool, into sums: Planes) {
    forEachImageRange(channels: a.shape.channels, shape: a.shape) { channel, first, images in
      let maps = ck_maps(a.shape, images: images)
      let (elements, gates) = elements(a, sums, first, images)
      reading(a, channel, elements) { a in
        reading(b, channel, elements) { b in
          writing(sums, channel, gates, keepsValues: true) { values in
            ck_image_products(
              maps, a + elements.lowerBound, b + elements.lowerBound, accumulate, values + gates.lowerBound,
              sums.geometry.imageStride)
          }
        }
      }
    }
  }

  /// Flat indices of some images, in planes and in their gates.
  private func elements(
    _ planes: Planes, _ gates: Planes, _ first: Int, _ images: Int
  ) -> (planes: Range<Int>, gates: Range<Int>) {
    (
      planes.geometry.elements(ofImages: first, images), gates.geometry.elements(ofImages: first, images)
    )
  }
}

extension ck_maps {
  init(_ shape: PlaneShape, images: Int) {
    self.init(images: Int64(images), rows: Int64(shape.rows), columns: Int64(shape.columns))
  }
}
