extension Engine {
  /// y = the channels of all parts, one after the other.
  ///
  /// Where the parts can be computed into ``Planes/channels(_:)`` of y, nothing need be copied.
  ///
  /// - Precondition: the parts have the same images, rows and columns as y, and together its
  ///   channels.
  public func concatenate(_ parts: [Planes], into y: Planes) {
    precondition(
      parts.map(\.shape.channels).reduce(0, +) == y.shape.channels,
      "\(parts.map(\.shape)) do not make \(y.shape)")
    var first = 0
    for part in parts {
      copy(part, into: y.channels(first..<first + part.shape.channels))
      first += part.shape.channels
    }
  }

  /// y = the channels of x from `first` on, or that added to y: the gradient of a part of a
  /// concatenation.
  ///
  /// - Precondition: x has as many channels from there on as y.
  public func slice(_ x: Planes, from first: Int, accumulate: Bool = false, into y: Planes) {
    let part = x.channels(first..<first + y.shape.channels)
    if accumulate { add(part, into: y) } else { copy(part, into: y) }
  }
}
