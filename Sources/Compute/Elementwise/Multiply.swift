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
    guard isGate(gate, of: x) else { return multiply(x, gate, into: y) }
    multiply(x, gate: gate, accumulate: false, into: y)
  }

  /// The gate's gradient of ``multiply(_:by:into:)``: dy * x, summed over pixels where the gate has
  /// one value for all of an image's. That of x is dy * gate.
  ///
  /// - Parameter gradient: planes of the gate's shape
  public func gateGradient(_ dy: Planes, input x: Planes, into gradient: Planes) {
    requireSameShape(dy, x)
    guard isGate(gradient, of: x) else { return multiply(dy, x, into: gradient) }
    sumProducts(dy, x, into: gradient)
  }

  /// Whether there is one value for each image of each channel; else the shapes must be the same.
  private func isGate(_ gate: Planes, of x: Planes) -> Bool {
    let shape = PlaneShape(channels: x.shape.channels, images: x.shape.images, rows: 1, columns: 1)
    guard gate.shape != x.shape else { return false }
    precondition(gate.shape == shape, "\(gate.shape) is no gate of \(x.shape)")
    return true
  }

  private func multiply(_ a: Planes, _ b: Planes, into y: Planes) {
    forEachChunk(
      channels: a.shape.channels, geometry: a.geometry, precision: .least(a, b, y)
    ) { channel, begin, end in
      reading(a, channel, begin..<end) { a in
        reading(b, channel, begin..<end) { b in
          writing(y, channel, begin..<end, keepsValues: false) { y in
            ck_multiply_planes(a, b, y, begin, end)
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

  private func sumProducts(_ a: Planes, _ b: Planes, into sums: Planes) {
    forEachImageRange(channels: a.shape.channels, shape: a.shape) { channel, first, images in
      let maps = ck_maps(a.shape, images: images)
      let (elements, gates) = elements(a, sums, first, images)
      reading(a, channel, elements) { a in
        reading(b, channel, elements) { b in
          writing(sums, channel, gates, keepsValues: true) { values in
            ck_image_products(
              maps, a + elements.lowerBound, b + elements.lowerBound, values + gates.lowerBound,
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
