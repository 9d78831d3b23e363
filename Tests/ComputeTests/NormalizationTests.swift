import Testing

@testable import Compute

@Suite("Batch norm")
struct NormalizationTests {
  private static let shapes = [
    PlaneShape(channels: 1, images: 1, rows: 1, columns: 1),
    PlaneShape(channels: 3, images: 3, rows: 7, columns: 2),
    PlaneShape(channels: 5, images: 3, rows: 33, columns: 33),
    PlaneShape(channels: 2, images: 40, rows: 33, columns: 33),
  ]

  /// A batch norm and ReLU of a branch that adds to some channels of a wider stream, in double
  /// precision.
  private struct Model {
    let x: Dense
    let residual: Dense
    let channels: [Int]
    let gamma: [Double]
    let beta: [Double]
    let epsilon = 1e-5

    var n: Double { Double(x.shape.pixelsPerChannel) }

    func mean(_ i: Int) -> Double { x.channel(i).reduce(0, +) / n }

    func variance(_ i: Int) -> Double {
      let mean = mean(i)
      return x.channel(i).reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n
    }

    func inverseDeviation(_ i: Int) -> Double { 1 / (variance(i) + epsilon).squareRoot() }

    func output() -> Dense {
      var y = residual
      for i in 0..<x.shape.channels {
        let mean = mean(i)
        let scale = inverseDeviation(i) * gamma[i]
        for (p, value) in zip(y.channel(channels[i]).indices, x.channel(i)) {
          y.values[p] += (value - mean) * scale + beta[i]
        }
      }
      y.values = y.values.map { max($0, 0) }
      return y
    }
  }

  @Test("moments are those of the definition, also far from zero", arguments: KernelClass.available, shapes)
  func moments(_ kernels: KernelClass, _ shape: PlaneShape) throws {
    let engine = try Engine(threads: 2, kernels: kernels)
    var samples = Samples()
    for offset in [Float(0), 1000] {
      let count = shape.channels * shape.pixelsPerChannel
      let x = Planes(shape, dense: samples.values(count).map { $0 + offset })
      let dense = Dense(x)
      let moments = engine.moments(x)
      for c in 0..<shape.channels {
        let expected = dense.channel(c).reduce(0, +) / Double(shape.pixelsPerChannel)
        let squares = dense.channel(c).reduce(0) { $0 + ($1 - expected) * ($1 - expected) }
        #expect(abs(moments[c].mean - expected) <= 1e-6 * max(1, abs(expected)))
        #expect(abs(moments[c].variance - squares / Double(shape.pixelsPerChannel)) < 1e-5)
      }
    }
  }

  @Test("forward and gradients agree with double precision", arguments: KernelClass.available)
  func gradients(_ kernels: KernelClass) throws {
    let engine = try Engine(threads: 2, kernels: kernels)
    var samples = Samples(2)
    let shape = PlaneShape(channels: 3, images: 3, rows: 7, columns: 8)
    let channels = [4, 0, 3]
    let x = samples.planes(shape)
    let residual = samples.planes(shape.with(channels: 6))
    let gamma = samples.values(3)
    let beta = samples.values(3)
    let model = Model(
      x: Dense(x), residual: Dense(residual), channels: channels, gamma: gamma.map(Double.init),
      beta: beta.map(Double.init))

    func inverseDeviation(_ moments: ChannelMoments) -> Float {
      Float(1 / (moments.variance + model.epsilon).squareRoot())
    }
    let y = residual.copy()
    let moments = engine.batchNorm(x, channels: channels, residual: y, activation: .relu, into: y) {
      let scale = gamma[$0] * inverseDeviation($1)
      return ChannelAffine(scale: scale, shift: beta[$0] - Float($1.mean) * scale)
    }
    let mean = moments.map { Float($0.mean) }
    let inverse = moments.map(inverseDeviation)
    #expect(difference(y.dense(), model.output().values) < 1e-5)
    #expect(y.checkBorders())

    let dy = samples.planes(y.shape)
    let dx = Planes(shape)
    let sums = engine.batchNormGradient(
      dy, input: x, BatchNormStatistics(mean: mean, inverseDeviation: inverse, weight: gamma),
      channels: channels,
      activation: .output(y, of: .relu),
      into: dx)
    #expect(dx.checkBorders())

    // loss = <y, dy>, differentiated numerically.
    let weights = Dense(dy)
    func slope(_ model: (Double) -> Model) -> Double {
      let h = 1e-6
      return (model(h).output().dot(weights) - model(-h).output().dot(weights)) / (2 * h)
    }
    func with(x: Dense? = nil, gamma: [Double]? = nil, beta: [Double]? = nil) -> Model {
      Model(
        x: x ?? model.x, residual: model.residual, channels: channels, gamma: gamma ?? model.gamma,
        beta: beta ?? model.beta)
    }
    for i in 0..<3 {
      let byGamma = slope { h in
        var gamma = model.gamma
        gamma[i] += h
        return with(gamma: gamma)
      }
      let byBeta = slope { h in
        var beta = model.beta
        beta[i] += h
        return with(beta: beta)
      }
      #expect(abs(Double(sums.scale[i]) - byGamma) < 1e-3)
      #expect(abs(Double(sums.shift[i]) - byBeta) < 1e-3)
    }
    let dense = dx.dense()
    for index in stride(from: 0, to: dense.count, by: 7) {
      let expected = slope { h in
        var x = model.x
        x.values[index] += h
        return with(x: x)
      }
      #expect(abs(Double(dense[index]) - expected) < 1e-3)
    }
  }

  @Test("a mask computed from the input is that of the ReLU's output", arguments: KernelClass.available)
  func masks(_ kernels: KernelClass) throws {
    let engine = try Engine(threads: 2, kernels: kernels)
    var samples = Samples()
    let shape = PlaneShape(channels: 3, images: 5, rows: 7, columns: 9)
    let (x, dy) = (samples.planes(shape), samples.planes(shape))
    let (mean, inverse, weight) = (samples.values(3), samples.values(3), samples.values(3))
    let (scale, shift) = (samples.values(3), samples.values(3))
    let y = Planes(shape)
    let maps = zip(scale, shift).map { ChannelAffine(scale: $0, shift: $1) }
    engine.scaleShiftAdd(x, by: maps, activation: .relu, into: y)
    func gradients(_ activation: BatchNormActivation, writesBack: Bool = false) -> [Float] {
      let dx = Planes(shape)
      let sums = engine.batchNormGradient(
        dy, input: x, BatchNormStatistics(mean: mean, inverseDeviation: inverse, weight: weight),
        channels: nil,
        activation: activation,
        writesBack: writesBack, into: dx)
      return sums.shift + sums.scale + dx.dense()
    }
    let results = [gradients(.output(y, of: .relu)), gradients(.input(maps, of: .relu))]
    #expect(y.dense().contains(0) && y.dense().contains { $0 > 0 })
    #expect(results[0] == results[1])

    let masked = dy.copy()
    engine.activationGradient(masked, input: y, by: .relu, into: masked)
    #expect(gradients(.output(y, of: .relu), writesBack: true) == results[0])
    #expect(dy.dense() == masked.dense())
  }

  @Test(
    "without selected channels, the gradient may overwrite its argument", arguments: KernelClass.available)
  func inPlace(_ kernels: KernelClass) throws {
    let engine = try Engine(threads: 1, kernels: kernels)
    var samples = Samples(3)
    let shape = PlaneShape(channels: 2, images: 1, rows: 8, columns: 7)
    let x = samples.planes(shape)
    let dy = samples.planes(shape)
    let values = samples.values(2)
    func gradient(into dx: Planes) {
      _ = engine.batchNormGradient(
        dy, input: x, BatchNormStatistics(mean: values, inverseDeviation: [2, 0.5], weight: values),
        channels: nil,
        activation: .none,
        into: dx)
    }
    let dx = Planes(shape)
    gradient(into: dx)
    gradient(into: dy)
    #expect(dx.dense() == dy.dense())
  }
}
