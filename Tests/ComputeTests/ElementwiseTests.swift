import Testing

@testable import Compute

@Suite("Elementwise operations")
struct ElementwiseTests {
  private static let shape = PlaneShape(channels: 3, images: 3, rows: 7, columns: 33)

  @Test("agree with their formulas and keep borders zero", arguments: KernelClass.available)
  func formulas(_ kernels: KernelClass) throws {
    let engine = try Engine(threads: 2, kernels: kernels)
    var samples = Samples()
    let shape = Self.shape
    let a = samples.planes(shape)
    let b = samples.planes(shape)
    // Away from zero, where quotients are well conditioned.
    let c = Planes(shape, dense: samples.values(a.dense().count).map { $0 + 2 })
    let (x, y, z) = (Dense(a).values, Dense(b).values, Dense(c).values)
    let out = Planes(shape)

    func check(_ expected: [Double], _ actual: Planes, _ name: Comment) {
      #expect(difference(actual.dense(), expected) < 1e-6, name)
      #expect(actual.checkBorders(), name)
    }
    engine.quotient(a, by: c, into: out)
    check(zip(x, z).map { $0 / ($1 + 1e-9) }, out, "quotient")
    engine.combine(activation: a, positive: b, alpha: 2, negative: c, beta: 1, into: out)
    check(x.indices.map { x[$0] * (2 * y[$0] - z[$0]) }, out, "combine")
    engine.copy(a, into: out)
    check(x, out, "copy")
    engine.activationGradient(out, input: b, by: .relu, into: out)
    check(zip(x, y).map { $1 > 0 ? $0 : 0 }, out, "mask")
    engine.copy(a, into: out)
    engine.add(b, into: out)
    check(zip(x, y).map(+), out, "add")
    let (scale, shift) = (samples.values(3), samples.values(3))
    let maps = zip(scale, shift).map { ChannelAffine(scale: $0, shift: $1) }
    engine.scaleShiftAdd(a, by: maps, activation: .relu, into: out)
    let pixels = shape.pixelsPerChannel
    check(
      x.indices.map { max(0, x[$0] * Double(scale[$0 / pixels]) + Double(shift[$0 / pixels])) }, out,
      "scaleShift")

    let sums = (0..<3).map { Dense(a).channel($0).reduce(0, +) }
    #expect(difference(engine.channelSums(a), sums) < 1e-6)
    let means = (0..<9).map { index in
      let (image, channel) = (index / 3, index % 3)
      let start = (channel * 3 + image) * 7 * 33
      return x[start..<start + 7 * 33].reduce(0, +) / (7 * 33)
    }
    #expect(difference(engine.imageMeans(a).values, means) < 1e-6)
  }

  @Test("a NaN is not hidden by ReLU", arguments: KernelClass.available)
  func notANumber(_ kernels: KernelClass) throws {
    let engine = try Engine(threads: 1, kernels: kernels)
    let shape = PlaneShape(channels: 1, images: 1, rows: 1, columns: 2)
    let y = Planes(shape)
    engine.scaleShiftAdd(
      Planes(shape, dense: [.nan, -1]), by: [ChannelAffine(scale: 1, shift: 0)], activation: .relu, into: y)
    #expect(y.dense()[0].isNaN)
    #expect(y.dense()[1] == 0)
  }

  @Test("a step of SGD follows PyTorch's formula", arguments: KernelClass.available, [false, true])
  func sgd(_ kernels: KernelClass, _ nesterov: Bool) throws {
    let engine = try Engine(threads: 2, kernels: kernels)
    var samples = Samples()
    let count = 70_003
    var (w, v) = (samples.values(count), samples.values(count))
    let g = samples.values(count)
    let expected = (0..<count).map { i in
      let gradient = Double(g[i]) + 0.01 * Double(w[i])
      let velocity = 0.9 * Double(v[i]) + gradient
      return (w: Double(w[i]) - 0.1 * (nesterov ? gradient + 0.9 * velocity : velocity), v: velocity)
    }
    engine.sgdStep(
      &w, gradient: g, velocity: &v, learningRate: 0.1, momentum: 0.9, weightDecay: 0.01, nesterov: nesterov)
    #expect(difference(w, expected.map(\.w)) < 1e-6)
    #expect(difference(v, expected.map(\.v)) < 1e-6)
  }

  @Test("planes hold what was loaded, copies are their own")
  func planes() {
    var samples = Samples()
    let values = samples.values(3 * 3 * 7 * 33)
    let planes = Planes(Self.shape, dense: values)
    let copy = planes.copy()
    planes.load(dense: [Float](repeating: 1, count: values.count))
    #expect(copy.dense() == values)
    #expect(copy.checkBorders())
    #expect(copy.value(channel: 2, image: 1, row: 6, column: 32) == values[((2 * 3 + 1) * 7 + 6) * 33 + 32])
    #expect(Planes(Self.shape).dense().allSatisfy { $0 == 0 })
  }
}
