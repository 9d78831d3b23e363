import CKernels

extension Engine {
  /// Sum of every channel over images and pixels: the gradient of a bias.
  public func channelSums(_ x: Planes) -> [Float] {
    mapChannels(
      x.shape.channels, geometry: x.geometry, initial: 0.0, part: { loops.sum(x.plane($0), $1, $2) },
      join: +=, value: { Float($1) })
  }

  /// y += x
  public func add(_ x: Planes, into y: Planes) {
    requireSameShape(x, y)
    forEachChunk(channels: x.shape.channels, geometry: x.geometry) { channel, begin, end in
      loops.add(x.plane(channel), y.plane(channel), begin, end)
    }
  }

  /// y = x
  public func copy(_ x: Planes, into y: Planes) {
    requireSameShape(x, y)
    forEachChunk(channels: x.shape.channels, geometry: x.geometry) { channel, begin, end in
      (y.plane(channel) + begin).update(from: x.plane(channel) + begin, count: end - begin)
    }
  }

  /// out = r / (z + stabilizer), the stabilised quotient of relevance propagation; out may be r or
  /// z.
  public func quotient(_ r: Planes, by z: Planes, stabilizer: Float = 1e-9, into out: Planes) {
    requireSameShape(r, z)
    requireSameShape(r, out)
    forEachChunk(channels: r.shape.channels, geometry: r.geometry) { channel, begin, end in
      loops.quotient(r.plane(channel), z.plane(channel), stabilizer, out.plane(channel), begin, end)
    }
  }

  /// out = a * (alpha * p - beta * n), the last step of the alpha-beta rule (Bach et al., "On
  /// pixel-wise explanations for non-linear classifier decisions by layer-wise relevance
  /// propagation", PLOS ONE 2015).
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
