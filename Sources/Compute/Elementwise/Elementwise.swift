import CKernels

extension Engine {
  /// Sum of every channel over images and pixels: the gradient of a bias.
  public func channelSums(_ x: Planes) -> [Float] {
    mapChannels(
      x.shape.channels, geometry: x.geometry, precision: x.precision, initial: 0.0,
      part: { channel, begin, end in
        reading(x, channel, begin..<end) { loops.sum($0, begin, end) }
      }, join: +=, value: { Float($1) })
  }

  /// y += x
  public func add(_ x: Planes, into y: Planes) {
    requireSameShape(x, y)
    forEachChunk(channels: x.shape.channels, geometry: x.geometry, precision: .least(x, y)) {
      channel, begin, end in
      reading(x, channel, begin..<end) { x in
        writing(y, channel, begin..<end, keepsValues: true) { y in loops.add(x, y, begin, end) }
      }
    }
  }

  /// y = x
  public func copy(_ x: Planes, into y: Planes) {
    requireSameShape(x, y)
    forEachChunk(channels: x.shape.channels, geometry: x.geometry) { channel, begin, end in
      copy(x, channel, into: y, channel, begin..<end)
    }
  }

  /// Part of a channel, rounded where y is of less precision.
  func copy(_ x: Planes, _ from: Int, into y: Planes, _ to: Int, _ range: Range<Int>) {
    let (begin, end) = (range.lowerBound, range.upperBound)
    switch (x.precision, y.precision) {
    case (.float32, .float32):
      (y.plane(to) + begin).update(from: x.plane(from) + begin, count: range.count)
    case (.bfloat16, .bfloat16):
      (y.bfloat16Plane(to) + begin).update(from: x.bfloat16Plane(from) + begin, count: range.count)
    case (.bfloat16, .float32): loops.widen(x.bfloat16Plane(from), y.plane(to), begin, end)
    case (.float32, .bfloat16): loops.narrow(x.plane(from), y.bfloat16Plane(to), begin, end)
    }
  }

  /// out = r / (z + stabilizer), the stabilised quotient of relevance propagation; out may be r or
  /// z. In single precision.
  public func quotient(_ r: Planes, by z: Planes, stabilizer: Float = 1e-9, into out: Planes) {
    requireSameShape(r, z)
    requireSameShape(r, out)
    forEachChunk(channels: r.shape.channels, geometry: r.geometry) { channel, begin, end in
      loops.quotient(r.plane(channel), z.plane(channel), stabilizer, out.plane(channel), begin, end)
    }
  }

  /// out = a * (alpha * p - beta * n), the last step of the alpha-beta rule (Bach et al., "On
  /// pixel-wise explanations for non-linear classifier decisions by layer-wise relevance
  /// propagation", PLOS ONE 2015). In single precision.
  public func combine(
    activation a: Planes, positive p: Planes, alpha: Float, negative n: Planes, beta: Float, into out: Planes
  ) {
    requireSameShape(a, p)
    requireSameShape(a, n)
    requireSameShape(a, out)
    forEachChunk(channels: a.shape.channels, geometry: a.geometry) { channel, begin, end in
      loops.combine(
        a.plane(channel), p.plane(channel), alpha, n.plane(channel), beta, out.plane(channel), begin, end)
    }
  }

  func requireSameShape(_ x: Planes, _ y: Planes) {
    precondition(x.shape == y.shape, "shapes differ: \(x.shape) and \(y.shape)")
  }
}
