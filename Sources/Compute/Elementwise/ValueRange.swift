extension Engine {
  /// The least and greatest of all pixels; a value that is not a number is passed over, and planes
  /// without any other give 0...0.
  public func range(of x: Planes) -> ClosedRange<Float> {
    let shape = x.shape
    var least = [Float](repeating: .infinity, count: shape.channels)
    var greatest = [Float](repeating: -.infinity, count: shape.channels)
    least.withUnsafeMutableBufferPointer { least in
      greatest.withUnsafeMutableBufferPointer { greatest in
        nonisolated(unsafe) let least = least
        nonisolated(unsafe) let greatest = greatest
        parallel(shape.channels) { channel in
          reading(x, channel, x.geometry.elements) { plane in
            var (low, high) = (Float.infinity, -Float.infinity)
            for image in 0..<shape.images {
              for row in 0..<shape.rows {
                let start = plane + (image * x.geometry.imageStride + row * x.geometry.pitch)
                for column in 0..<shape.columns {
                  low = start[column] < low ? start[column] : low
                  high = start[column] > high ? start[column] : high
                }
              }
            }
            (least[channel], greatest[channel]) = (low, high)
          }
        }
      }
    }
    guard let low = least.min(), let high = greatest.max(), low <= high else { return 0...0 }
    return low...high
  }
}
