extension Engine {
  /// y = the given channels of x, in that order.
  ///
  /// - Precondition: the channels are in x, and y has as many.
  public func select(_ x: Planes, channels: [Int], into y: Planes) {
    precondition(
      y.shape == x.shape.with(channels: channels.count)
        && channels.allSatisfy((0..<x.shape.channels).contains),
      "channels \(channels) of \(x.shape) do not make \(y.shape)")
    forEachChunk(channels: channels.count, geometry: x.geometry) { channel, begin, end in
      copy(x, channels[channel], into: y, channel, begin..<end)
    }
  }
}
