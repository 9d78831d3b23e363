import CKernels

/// The activation behind a batch norm, and the values that its derivative is taken at.
public enum BatchNormActivation {
  /// There is no activation.
  case none
  /// Its output; for functions that ``ActivationFunction/hasDerivativeByOutput``.
  case output(Planes, of: ActivationFunction)
  /// Each channel's scale * x + shift, x being the batch norm's input: saves keeping, and reading,
  /// the output.
  case input([ChannelAffine], of: ActivationFunction)
}

/// Mean and biased variance of a channel over images and pixels.
public struct ChannelMoments: Equatable, Sendable {
  public var mean = 0.0
  public var variance = 0.0

  public init(mean: Double = 0, variance: Double = 0) {
    self.mean = mean
    self.variance = variance
  }

  fileprivate init(_ all: ck_moments) {
    self.init(mean: all.mean, variance: all.count > 0 ? all.squares / all.count : 0)
  }
}

/// A channel's map x -> scale * x + shift.
public struct ChannelAffine: Equatable, Sendable {
  public var scale: Float
  public var shift: Float

  /// The map x -> x.
  public static let identity = ChannelAffine(scale: 1, shift: 0)

  public init(scale: Float, shift: Float) {
    self.scale = scale
    self.shift = shift
  }
}

extension Engine {
  /// Mean and biased variance of every channel over images and pixels.
  ///
  /// Accurate for values far from zero: sums of blocks are taken around each block's own mean and
  /// combined in double precision.
  func moments(_ x: Planes) -> [ChannelMoments] {
    mapChannels(
      x.shape.channels, geometry: x.geometry, precision: x.precision,
      initial: ck_moments(count: 0, mean: 0, squares: 0),
      part: { moments(x, $0, $1, $2) }, join: { ck_join_moments(&$0, $1) },
      value: { _, all in ChannelMoments(all) })
  }

  /// Of a chunk.
  private func moments(_ x: Planes, _ channel: Int, _ begin: Int, _ end: Int) -> ck_moments {
    if let moments = loops.stored_moments, x.precision == .bfloat16 {
      return moments(x.bfloat16Plane(channel), begin, end, x.geometry.mask)
    }
    return reading(x, channel, begin..<end) { loops.moments($0, begin, end, x.geometry.mask) }
  }

  /// Batch norm by the batch's own statistics, the sum with the residual stream, and an activation:
  /// the moments of a channel, and then at once the map that they give, y_s = f(residual_s +
  /// scale_i * x_i + shift_i) where `channels[i] == s`, and f(residual_s) where there is no such i.
  ///
  /// - Parameters:
  ///   - x: the branch
  ///   - channels: for each channel of the branch the channel of the stream that it adds to, nil
  ///     for the same one
  ///   - residual: of y's shape, nil for zero
  ///   - activation: f, nil for none
  ///   - y: may be `residual`
  ///   - affine: the map of a channel of x; called for several at a time
  /// - Returns: the moments of x, which are those of ``moments(_:)``.
  public func batchNorm(
    _ x: Planes, channels: [Int]? = nil, residual: Planes? = nil, activation: ActivationFunction?,
    into y: Planes, affine: (_ channel: Int, _ moments: ChannelMoments) -> ChannelAffine
  ) -> [ChannelMoments] {
    batchNorm(
      x, channels: channels, residual: residual, activation: activation, into: y, affine: affine,
      computing: { _, _, _ in })
  }

  /// The same of planes that are computed meanwhile.
  ///
  /// - Parameter computing: writes a chunk of a channel of x, before its moments are taken.
  func batchNorm(
    _ x: Planes, channels: [Int]? = nil, residual: Planes? = nil, activation: ActivationFunction?,
    into y: Planes, affine: (_ channel: Int, _ moments: ChannelMoments) -> ChannelAffine,
    computing: (_ channel: Int, _ begin: Int, _ end: Int) -> Void
  ) -> [ChannelMoments] {
    if let residual { requireSameShape(residual, y) }
    requireStream(branch: x.shape, stream: y.shape, channels: channels)
    let branch = branchChannels(x.shape, of: y.shape, channels)
    let none = ck_moments(count: 0, mean: 0, squares: 0)
    let all = mapChannels(
      y.shape.channels, geometry: y.geometry, precision: .least(x, y), initial: none
    ) { stream, begin, end in
      guard let channel = branch[stream] else { return none }
      computing(channel, begin, end)
      return moments(x, channel, begin, end)
    } join: {
      ck_join_moments(&$0, $1)
    } value: { stream, all in
      let moments = ChannelMoments(all)
      return (moments: moments, term: branch[stream].map { (channel: $0, map: affine($0, moments)) })
    } use: { stream, found, begin, end in
      scaleShiftAdd(x, found.term, residual: residual, activation, into: y, stream, begin, end)
    }
    return (0..<x.shape.channels).map { all[channels?[$0] ?? $0].moments }
  }

  /// As ``batchNorm(_:channels:residual:activation:into:affine:)``, by maps that are known; y may
  /// also be x if `channels` is nil.
  public func scaleShiftAdd(
    _ x: Planes, by affine: [ChannelAffine], channels: [Int]? = nil, residual: Planes? = nil,
    activation: ActivationFunction?, into y: Planes
  ) {
    if let residual { requireSameShape(residual, y) }
    precondition(
      channels == nil || !x.overlaps(y), "planes cannot be overwritten while channels are selected")
    requireCount(affine, x.shape.channels, "affine")
    requireStream(branch: x.shape, stream: y.shape, channels: channels)
    let branch = branchChannels(x.shape, of: y.shape, channels)
    forEachChunk(
      channels: y.shape.channels, geometry: y.geometry, precision: .least(x, y)
    ) { stream, begin, end in
      let term = branch[stream].map { (channel: $0, map: affine[$0]) }
      scaleShiftAdd(x, term, residual: residual, activation, into: y, stream, begin, end)
    }
  }

  /// For each channel of a stream the branch's that adds to it, nil where none does.
  func branchChannels(_ branch: PlaneShape, of stream: PlaneShape, _ channels: [Int]?) -> [Int?] {
    var all = [Int?](repeating: nil, count: stream.channels)
    for i in 0..<branch.channels { all[channels?[i] ?? i] = i }
    return all
  }

  /// A chunk of one channel of the stream; `term` is nil where the branch adds nothing to it.
  private func scaleShiftAdd(
    _ x: Planes, _ term: (channel: Int, map: ChannelAffine)?, residual: Planes?,
    _ activation: ActivationFunction?, into y: Planes, _ stream: Int, _ begin: Int, _ end: Int
  ) {
    let range = begin..<end
    if term == nil, residual == nil {
      return writing(y, stream, range) { to in
        (to + begin).update(repeating: 0, count: range.count)
        if let activation { loops.activate(to, activation.loopArgument, to, begin, end, y.geometry.mask) }
      }
    }
    if let residual, term == nil, activation == nil, y.overlaps(residual) { return }
    let map = term?.map ?? .identity
    // Without a term the residual is what is mapped.
    guard let (from, channel) = term.map({ (x, $0.channel) }) ?? residual.map({ ($0, stream) }) else {
      return
    }
    let residual = term == nil ? nil : residual
    let mask = y.geometry.mask
    let bounds = activation == nil ? ck_bounds.none : activation?.bounds
    if let bounds, let scaleShift = loops.stored_scale_shift,
      Precision.greatest(from, y, residual ?? y) == .bfloat16
    {
      return scaleShift(
        from.bfloat16Plane(channel), map.scale, map.shift, residual?.bfloat16Plane(stream), bounds,
        y.bfloat16Plane(stream), begin, end, mask)
    }
    reading(from, channel, range) { from in
      readingIfAny(residual, stream, range) { residual in
        writing(y, stream, range) { to in
          loops.scale_shift(
            from, map.scale, map.shift, residual, activation?.bounds ?? .none, to, begin, end, mask)
          // Bounds are all there is to some functions; the others read what is still cached.
          if let activation, activation.bounds == nil {
            loops.activate(to, activation.loopArgument, to, begin, end, mask)
          }
        }
      }
    }
  }

  func requireCount<Value>(_ values: [Value], _ count: Int, _ name: StaticString) {
    precondition(values.count == count, "\(name) has \(values.count) values for \(count) channels")
  }

  func requireStream(branch: PlaneShape, stream: PlaneShape, channels: [Int]?) {
    precondition(
      branch.with(channels: 0) == stream.with(channels: 0), "shapes differ: \(branch) and \(stream)")
    if let channels {
      precondition(channels.count == branch.channels, "\(channels.count) channels listed for \(branch)")
      precondition(
        channels.allSatisfy { (0..<stream.channels).contains($0) } && Set(channels).count == channels.count,
        "channels \(channels) are not distinct channels of \(stream)")
    } else {
      precondition(branch.channels == stream.channels, "shapes differ: \(branch) and \(stream)")
    }
  }
}
