import Compute

/// Activation functions that are part of batch norm's pass over memory.
enum FusedActivation: Sendable {
  case relu

  /// Nil for a function that has a pass of its own.
  init?(_ function: ActivationFunction) {
    switch function {
    case .relu: self = .relu
    default: return nil
    }
  }
}

/// Where an activation behind a batch norm passes gradients back.
enum ActivationMask {
  /// Everywhere: there is none.
  case open
  /// Where the activation's output says so.
  case output(Planes, FusedActivation)
  /// Where each channel's scale * x + shift says so, x being batch norm's input: saves reading the output.
  case affine([ChannelAffine], FusedActivation)

  fileprivate var gate: ReLUGate {
    switch self {
    case .open: .open
    case .output(let planes, .relu): .output(planes)
    case .affine(let affine, .relu): .affine(affine)
    }
  }
}

extension Engine {
  func scaleShiftAdd(
    _ x: Planes, by affine: [ChannelAffine], channels: [Int]? = nil, residual: Planes?,
    activation: FusedActivation?, into y: Planes
  ) {
    scaleShiftAdd(
      x, by: affine, channels: channels, residual: residual, relu: activation == .relu, into: y)
  }

  func batchNorm(
    _ x: Planes, channels: [Int]? = nil, residual: Planes? = nil, activation: FusedActivation?,
    into y: Planes, affine: (_ channel: Int, _ moments: ChannelMoments) -> ChannelAffine
  ) -> [ChannelMoments] {
    batchNorm(
      x, channels: channels, residual: residual, relu: activation == .relu, into: y, affine: affine)
  }

  func batchNormGradient(
    _ dy: Planes, input x: Planes, mean: [Float], inverseDeviation: [Float], weight: [Float],
    channels: [Int]?, mask: ActivationMask, writesMasked: Bool, into dx: Planes
  ) -> (shift: [Float], scale: [Float]) {
    batchNormGradient(
      dy, input: x, mean: mean, inverseDeviation: inverseDeviation, weight: weight, channels: channels,
      gate: mask.gate, gates: writesMasked, into: dx)
  }
}
