import Testing

@testable import Compute

@Suite("Depthwise convolutions with batch norm")
struct DepthwiseBatchNormTests {
  /// Of fewer channels than threads and more, of one pixel, and of several chunks of a plane with a
  /// short last one.
  static let shapes = [(2, 1, 1, 1), (3, 2, 7, 8), (5, 3, 1, 33), (7, 2, 16, 15), (4, 37, 31, 29)].map {
    PlaneShape(channels: $0.0, images: $0.1, rows: $0.2, columns: $0.3)
  }
  static let activations: [ActivationFunction?] = [nil, .relu6, .silu]

  @Test(
    "are to the bit what both are one after the other, for any number of threads", arguments: shapes,
    KernelClass.available)
  func agree(_ shape: PlaneShape, _ kernels: KernelClass) throws {
    for activation in Self.activations {
      let apart = try apart(shape, activation, kernels)
      for threads in 1...3 {
        let engine = try Engine(threads: threads, kernels: kernels)
        #expect(
          try together(engine, shape, activation) == apart,
          "\(threads) threads, \(String(describing: activation))")
      }
    }
  }

  private struct Values {
    let input: Planes
    let dy: Planes
    let before: Planes
    let weight: Tensor
    let bias: [Float]
    let maps: [ChannelAffine]
    let statistics: BatchNormStatistics

    init(_ shape: PlaneShape) {
      var samples = Samples(4)
      let count = shape.channels
      (input, dy, before) = (samples.planes(shape), samples.planes(shape), samples.planes(shape))
      (weight, bias) = (samples.tensor([count, 1, 3, 3]), samples.values(count))
      maps = zip(samples.values(count), samples.values(count)).map { ChannelAffine(scale: $0, shift: $1) }
      statistics = BatchNormStatistics(
        mean: samples.values(count), inverseDeviation: samples.values(count), weight: samples.values(count))
    }

    func behind(_ activation: ActivationFunction?) -> BatchNormActivation {
      activation.map { .input(maps, of: $0) } ?? .none
    }
  }

  private struct Results: Equatable {
    var moments: [ChannelMoments] = []
    var planes: [[Float]] = []
    var sums: [[Float]] = []
  }

  private func apart(
    _ shape: PlaneShape, _ activation: ActivationFunction?, _ kernels: KernelClass
  ) throws -> Results {
    let engine = try Engine(threads: 2, kernels: kernels)
    let values = Values(shape)
    let (convolved, y, dz) = (Planes(shape), Planes(shape), Planes(shape))
    engine.convolve(
      values.input, values.weight, bias: values.bias, stride: 1, groups: shape.channels, into: convolved)
    var results = Results()
    results.moments = engine.batchNorm(convolved, activation: activation, into: y) { channel, _ in
      values.maps[channel]
    }
    results.planes = [convolved.dense(), y.dense()]
    let sums = engine.batchNormGradient(
      values.dy, input: convolved, values.statistics, channels: nil, activation: values.behind(activation),
      into: dz)
    var gradient = Tensor(shape: values.weight.shape)
    for accumulate in [false, true] {
      let dx = values.before.copy()
      engine.convolutionGradients(
        values.input, dz, values.weight, stride: 1, groups: shape.channels, accumulate: accumulate,
        into: &gradient, inputGradient: dx)
      results.planes.append(dx.dense())
      results.sums += [sums.shift, sums.scale, gradient.values]
    }
    return results
  }

  private func together(
    _ engine: Engine, _ shape: PlaneShape, _ activation: ActivationFunction?
  ) throws -> Results {
    let values = Values(shape)
    let problem = ConvolutionProblem(
      input: shape, outputs: shape.channels, kernel: 3, stride: 1, groups: shape.channels)
    try #require(engine.fusesBatchNorm(problem))
    let (convolved, y) = (Planes(shape), Planes(shape))
    var results = Results()
    results.moments = engine.depthwiseBatchNorm(
      values.input, values.weight, bias: values.bias, activation: activation, into: convolved, y
    ) { channel, _ in values.maps[channel] }
    #expect(convolved.checkBorders() && y.checkBorders())
    results.planes = [convolved.dense(), y.dense()]
    for accumulate in [false, true] {
      let dx = values.before.copy()
      var gradient = Tensor(shape: values.weight.shape)
      let sums = engine.depthwiseBatchNormGradients(
        values.dy.copy(), convolved: convolved, normalization: values.statistics,
        activation: values.behind(activation), input: values.input, weight: values.weight,
        accumulate: accumulate, into: &gradient, inputGradient: dx)
      #expect(dx.checkBorders())
      results.planes.append(dx.dense())
      results.sums += [sums.shift, sums.scale, gradient.values]
    }
    return results
  }

  @Test("are not fused with a stride, a multiplier, or where another algorithm is asked for")
  func conditions() throws {
    let engine = try Engine(threads: 1)
    let shape = PlaneShape(channels: 4, images: 2, rows: 8, columns: 8)
    func problem(_ outputs: Int, kernel: Int = 3, stride: Int = 1, groups: Int = 4) -> ConvolutionProblem {
      ConvolutionProblem(input: shape, outputs: outputs, kernel: kernel, stride: stride, groups: groups)
    }
    #expect(engine.fusesBatchNorm(problem(4)))
    #expect(!engine.fusesBatchNorm(problem(8)) && !engine.fusesBatchNorm(problem(4, groups: 1)))
    #expect(!engine.fusesBatchNorm(problem(4, stride: 2)) && !engine.fusesBatchNorm(problem(4, kernel: 5)))
    #expect(!(try Engine(threads: 1, convolution: "plain").fusesBatchNorm(problem(4))))
  }
}
