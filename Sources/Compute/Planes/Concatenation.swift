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

  /// The channels of all parts, one after the other, in the first one's memory if that has room and
  /// the precision: then the first one is a part of what is returned, and is not copied.
  ///
  /// - Parameters:
  ///   - capacity: channels that a later call may extend the result to.
  ///   - precision: of the result.
  /// - Precondition: there is a part; all have the same images, rows and columns.
  public func concatenate(_ parts: [Planes], capacity: Int, precision: Precision) -> Planes {
    let others = parts.dropFirst().map(\.shape.channels).reduce(0, +)
    let first = parts[0].shape.channels
    guard parts[0].precision == precision, let extended = parts[0].extended(by: others) else {
      let made = Planes(
        parts[0].shape.with(channels: first + others), precision: precision, capacity: capacity,
        zeroed: false, recycler: .shared)
      concatenate(parts, into: made)
      return made
    }
    concatenate(Array(parts.dropFirst()), into: extended.channels(first..<first + others))
    return extended
  }
}
