/// The operations with an activation behind them, for callers that know none but ReLU.
extension Engine {
  public func batchNorm(
    _ x: Planes, channels: [Int]? = nil, residual: Planes? = nil, relu: Bool, into y: Planes,
    affine: (_ channel: Int, _ moments: ChannelMoments) -> ChannelAffine
  ) -> [ChannelMoments] {
    batchNorm(
      x, channels: channels, residual: residual, activation: relu ? .relu : nil, into: y, affine: affine)
  }

  public func scaleShift(_ x: Planes, by maps: [ChannelAffine], relu: Bool, into y: Planes) {
    scaleShift(x, by: maps, activation: relu ? .relu : nil, into: y)
  }

  public func scaleShiftAdd(
    _ x: Planes, by maps: [ChannelAffine], channels: [Int]? = nil, residual: Planes?, relu: Bool,
    into y: Planes
  ) {
    scaleShiftAdd(
      x, by: maps, channels: channels, residual: residual, activation: relu ? .relu : nil, into: y)
  }

  public func batchNormGradient(
    _ dy: Planes, input x: Planes, mean: [Float], inverseDeviation: [Float], weight: [Float],
    channels: [Int]?, gate: ReLUGate, gates: Bool = false, into dx: Planes
  ) -> (shift: [Float], scale: [Float]) {
    batchNormGradient(
      dy, input: x, mean: mean, inverseDeviation: inverseDeviation, weight: weight, channels: channels,
      activation: gate.activation, writesBack: gates, into: dx)
  }

  public func convolveBySigns(
    _ x: Planes, _ convolution: SignedConvolution, maps: [ChannelAffine], relu: Bool, sums: SignedSums,
    into y: Planes
  ) {
    convolveBySigns(
      x, convolution, maps: maps, activation: relu ? .relu : nil, sums: sums, into: y)
  }
}
