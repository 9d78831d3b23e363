import Foundation
import Testing

@testable import Compute

extension ActivationFunction {
  static let all: [ActivationFunction] = [
    .relu, .relu6, .leakyReLU(slope: 0.01), .silu, .hardSwish, .sigmoid, .hardSigmoid,
  ]

  private func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

  /// As the definition says.
  func callAsFunction(_ x: Double) -> Double {
    switch self {
    case .relu: max(x, 0)
    case .relu6: min(max(x, 0), 6)
    case .leakyReLU(let slope): x < 0 ? Double(slope) * x : x
    case .silu: x * sigmoid(x)
    case .hardSwish: x * min(max(x + 3, 0), 6) / 6
    case .sigmoid: sigmoid(x)
    case .hardSigmoid: min(max(x + 3, 0), 6) / 6
    }
  }

  func derivative(_ x: Double) -> Double {
    switch self {
    case .relu: x > 0 ? 1 : 0
    case .relu6: x > 0 && x < 6 ? 1 : 0
    case .leakyReLU(let slope): x > 0 ? 1 : Double(slope)
    case .silu: sigmoid(x) * (1 + x * (1 - sigmoid(x)))
    case .hardSwish: x <= -3 ? 0 : x < 3 ? x / 3 + 0.5 : 1
    case .sigmoid: sigmoid(x) * (1 - sigmoid(x))
    case .hardSigmoid: x > -3 && x < 3 ? 1.0 / 6 : 0
    }
  }
}

@Suite("Activation functions")
struct ActivationTests {
  private static let shape = PlaneShape(channels: 3, images: 2, rows: 33, columns: 31)

  /// Values in [-10, 10), and the points where functions have kinks.
  private func input(_ samples: inout Samples) -> Planes {
    let count = Self.shape.channels * Self.shape.pixelsPerChannel
    var values = samples.values(count).map { 10 * $0 }
    values.replaceSubrange(0..<9, with: [0, -0.0, 3, -3, 6, 88, -88, 1000, -1000])
    return Planes(Self.shape, dense: values)
  }

  @Test("values and derivatives are those of the definitions", arguments: ActivationFunction.all)
  func definition(_ function: ActivationFunction) throws {
    for kernels in KernelClass.available {
      let engine = try Engine(threads: 2, kernels: kernels)
      var samples = Samples()
      let x = input(&samples)
      let y = samples.planes(Self.shape)
      engine.activate(x, by: function, into: y)
      #expect(y.checkBorders())
      for (found, value) in zip(y.dense(), x.dense()) {
        let expected = function(Double(value))
        #expect(abs(Double(found) - expected) <= 4e-7 * abs(expected) + 1e-34, "\(function)(\(value))")
      }

      let dy = samples.planes(Self.shape)
      let before = samples.planes(Self.shape)
      let (dx, added) = (samples.planes(Self.shape), before.copy())
      engine.activationGradient(dy, input: x, by: function, into: dx)
      engine.activationGradient(dy, input: x, by: function, accumulate: true, into: added)
      let expected = zip(dy.dense(), x.dense()).map { Double($0) * function.derivative(Double($1)) }
      #expect(difference(dx.dense(), expected) < 1e-6)
      #expect(added.dense() == zip(before.dense(), dx.dense()).map(+))
      #expect(dx.checkBorders() && added.checkBorders())
      if function.hasDerivativeByOutput {
        engine.activationGradient(dy, input: y, by: function, into: added)
        #expect(added.dense() == dx.dense())
      }
      // In place.
      engine.activationGradient(dy, input: x, by: function, into: dy)
      engine.activate(x, by: function, into: x)
      #expect(dy.dense() == dx.dense() && x.dense() == y.dense())
    }
  }

  @Test("all classes of kernels compute the same bits", arguments: ActivationFunction.all)
  func sameBits(_ function: ActivationFunction) throws {
    let results = try KernelClass.available.map { kernels in
      let engine = try Engine(threads: 2, kernels: kernels)
      var samples = Samples()
      let x = input(&samples)
      let (y, dx) = (Planes(Self.shape), Planes(Self.shape))
      engine.activate(x, by: function, into: y)
      engine.activationGradient(y, input: x, by: function, into: dx)
      return (y.dense() + dx.dense()).map(\.bitPattern)
    }
    for result in results { #expect(result == results[0]) }
  }

  @Test("what is no number shows", arguments: ActivationFunction.all)
  func noNumber(_ function: ActivationFunction) throws {
    for kernels in KernelClass.available {
      let engine = try Engine(threads: 1, kernels: kernels)
      let x = Planes(
        PlaneShape(channels: 1, images: 1, rows: 5, columns: 7), dense: [Float](repeating: .nan, count: 35))
      engine.activate(x, by: function, into: x)
      #expect(x.dense().allSatisfy { $0.isNaN })
      #expect(x.checkBorders())
    }
  }

  @Test("behind a batch norm, values and gradients are those of the parts", arguments: ActivationFunction.all)
  func behindBatchNorm(_ function: ActivationFunction) throws {
    for kernels in KernelClass.available {
      let engine = try Engine(threads: 2, kernels: kernels)
      var samples = Samples()
      // Several chunks of a plane, the last one short.
      let shape = PlaneShape(channels: 3, images: 30, rows: 33, columns: 31)
      let x = samples.planes(shape)
      let maps = [(3, 1), (-8, 2), (0.5, -0.25)].map { ChannelAffine(scale: $0.0, shift: $0.1) }
      let (before, y) = (Planes(shape), samples.planes(shape))
      engine.scaleShiftAdd(x, by: maps, activation: nil, into: before)
      engine.activate(before, by: function, into: y)
      let together = Planes(shape)
      engine.scaleShiftAdd(x, by: maps, activation: function, into: together)
      #expect(together.dense() == y.dense())

      let residual = samples.planes(shape)
      engine.scaleShiftAdd(x, by: maps, residual: residual, activation: nil, into: before)
      engine.activate(before, by: function, into: y)
      engine.scaleShiftAdd(x, by: maps, residual: residual, activation: function, into: together)
      #expect(together.dense() == y.dense())
      let moments = engine.batchNorm(
        x, residual: residual, activation: function, into: together, affine: { channel, _ in maps[channel] })
      #expect(together.dense() == y.dense() && moments == engine.moments(x))
      #expect(together.checkBorders())

      let dy = samples.planes(shape)
      let (mean, inverse, weight) = (samples.values(3), samples.values(3), samples.values(3))
      func gradients(_ activation: BatchNormActivation, _ dy: Planes) -> [Float] {
        let dx = Planes(shape)
        let sums = engine.batchNormGradient(
          dy, input: x, BatchNormStatistics(mean: mean, inverseDeviation: inverse, weight: weight),
          channels: nil,
          activation: activation, into: dx)
        #expect(dx.checkBorders())
        return sums.shift + sums.scale + dx.dense()
      }
      engine.scaleShiftAdd(x, by: maps, activation: nil, into: before)
      engine.scaleShiftAdd(x, by: maps, activation: function, into: y)
      let g = Planes(shape)
      engine.activationGradient(dy, input: before, by: function, into: g)
      let expected = gradients(.none, g)
      #expect(gradients(.input(maps, of: function), dy) == expected)
      if function.hasDerivativeByOutput { #expect(gradients(.output(y, of: function), dy) == expected) }
    }
  }
}
