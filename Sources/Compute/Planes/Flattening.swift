extension Engine {
  /// Every image's pixels in a row, `[images, channels * rows * columns]`, channel by channel.
  public func flatten(_ x: Planes) -> Tensor {
    let shape = x.shape
    let pixels = shape.rows * shape.columns
    var flat = Tensor(shape: [shape.images, shape.channels * pixels])
    flat.values.withUnsafeMutableBufferPointer { flat in
      nonisolated(unsafe) let flat = flat
      guard let base = flat.baseAddress else { return }
      parallel(shape.images) { image in
        for channel in 0..<shape.channels {
          let elements = x.geometry.elements(ofImages: image, 1)
          reading(x, channel, elements) { plane in
            let from = plane + elements.lowerBound
            let to = base + (image * shape.channels + channel) * pixels
            for row in 0..<shape.rows {
              (to + row * shape.columns).update(from: from + row * x.geometry.pitch, count: shape.columns)
            }
          }
        }
      }
    }
    return flat
  }

  /// The inverse of ``flatten(_:)``.
  public func unflatten(_ t: Tensor, into x: Planes) {
    let shape = x.shape
    let pixels = shape.rows * shape.columns
    precondition(t.shape == [shape.images, shape.channels * pixels], "\(t.shape) does not fit \(shape)")
    t.values.withUnsafeBufferPointer { flat in
      guard let base = flat.baseAddress else { return }
      parallel(shape.channels) { channel in
        writing(x, channel, x.geometry.elements, keepsValues: true) { plane in
          for image in 0..<shape.images {
            let from = base + (image * shape.channels + channel) * pixels
            let to = plane + image * x.geometry.imageStride
            for row in 0..<shape.rows {
              (to + row * x.geometry.pitch).update(from: from + row * shape.columns, count: shape.columns)
            }
          }
        }
      }
    }
  }
}
