extension Engine {
  /// Share of every channel's pixels that are above zero, in [0, 1]; a value that is not a number
  /// is not above zero.
  public func positiveShares(_ x: Planes) -> [Double] {
    let shape = x.shape
    var shares = [Double](repeating: 0, count: shape.channels)
    let pixels = Double(max(1, shape.pixelsPerChannel))
    shares.withUnsafeMutableBufferPointer { shares in
      nonisolated(unsafe) let shares = shares
      parallel(shape.channels) { channel in
        reading(x, channel, x.geometry.elements) { plane in
          var count = 0
          for image in 0..<shape.images {
            for row in 0..<shape.rows {
              let start = plane + (image * x.geometry.imageStride + row * x.geometry.pitch)
              for column in 0..<shape.columns where start[column] > 0 { count += 1 }
            }
          }
          shares[channel] = Double(count) / pixels
        }
      }
    }
    return shares
  }
}
