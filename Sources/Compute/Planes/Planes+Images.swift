extension Planes {
  /// Planes of their own with some of the images.
  ///
  /// - Precondition: the images are in these planes, which are of ``Precision/float32``.
  public func images(_ range: Range<Int>) -> Planes {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= shape.images, "images \(range) are not all in \(shape)")
    let part = Planes(uninitialized: shape.with(images: range.count))
    for channel in 0..<shape.channels {
      for image in range {
        for row in 0..<shape.rows {
          let offset = row * geometry.pitch
          (part.plane(channel) + ((image - range.lowerBound) * part.geometry.imageStride + offset)).update(
            from: plane(channel) + (image * geometry.imageStride + offset), count: shape.columns)
        }
      }
    }
    return part
  }
}
