import CKernels
import Testing

@testable import Compute

@Suite("Planes of bfloat16")
struct PrecisionTests {
  /// Shared by all cases: threads cost more than a small problem.
  private static let engines = Result {
    try KernelClass.available.map { try Engine(threads: 2, kernels: $0) }
  }

  @Test("round to the nearest, ties to even, and keep what is no number")
  func rounding() throws {
    let cases: [(Float, UInt16)] = [
      (1, 0x3f80), (-0.0, 0x8000), (.init(bitPattern: 0x3f80_8000), 0x3f80),
      (.init(bitPattern: 0x3f80_8001), 0x3f81), (.init(bitPattern: 0x3f81_8000), 0x3f82),
      (.init(bitPattern: 0xbf80_7fff), 0xbf80), (.infinity, 0x7f80), (-.infinity, 0xff80),
      (.greatestFiniteMagnitude, 0x7f80), (.leastNonzeroMagnitude, 0), (.init(bitPattern: 0x0000_c000), 1),
      (.nan, 0x7fc0), (.init(bitPattern: 0x7f80_0001), 0x7fc0), (.init(bitPattern: 0xffff_ffff), 0xffff),
    ]
    for engine in try Self.engines.get() {
      // Enough of them for every way in which a loop over vectors ends.
      let values = (0..<5).flatMap { _ in cases.map(\.0) }, expected = (0..<5).flatMap { _ in cases.map(\.1) }
      for count in 1...values.count {
        var found = [UInt16](repeating: 0, count: count)
        engine.loops.narrow(values, &found, 0, count)
        #expect(found == Array(expected.prefix(count)))
        var widened = [Float](repeating: 0, count: count)
        engine.loops.widen(found, &widened, 0, count)
        #expect(widened.map(\.bitPattern) == found.map { UInt32($0) << 16 })
      }
    }
  }

  @Test("hold half as many bytes, and the values that were rounded to them")
  func values() {
    var samples = Samples(3)
    let shape = PlaneShape(channels: 5, images: 3, rows: 7, columns: 9)
    let values = samples.values(5 * 3 * 7 * 9)
    let planes = Planes(shape, dense: values, precision: .bfloat16)
    let expected = rounded(values)
    #expect(planes.dense() == expected && planes.checkBorders())
    #expect(planes.copy().dense() == expected && planes.copy().precision == .bfloat16)
    #expect(planes.value(channel: 4, image: 2, row: 6, column: 8) == expected.last)
    #expect(PlaneMemory.Size(shape, .float32).bytes == 2 * PlaneMemory.Size(shape, .bfloat16).bytes)
  }

  // MARK: Convolutions

  /// Planes of either precision with the same values.
  private struct Pair {
    let single: Planes
    let half: Planes

    init(_ shape: PlaneShape, _ samples: inout Samples) {
      half = Planes(
        shape, dense: samples.values(shape.channels * shape.pixelsPerChannel), precision: .bfloat16)
      single = Planes(shape, dense: half.dense())
    }
  }

  @Test(
    "convolutions compute in single precision and round once", arguments: ConvolutionAlgorithmTests.problems)
  func convolutions(_ problem: ConvolutionProblem) throws {
    var samples = Samples(4)
    let (x, dy, before) = (
      Pair(problem.input, &samples), Pair(problem.output, &samples), Pair(problem.input, &samples)
    )
    let (weight, bias) = (samples.tensor(problem.weightShape), samples.values(problem.outputs))
    for engine in try Self.engines.get() {
      for algorithm in ConvolutionAlgorithm.all where algorithm.supports(problem, engine) {
        let name = "\(algorithm.name), \(engine.kernels)"
        func convolved(_ x: Planes, _ precision: Precision) -> Planes {
          let y = Planes(problem.output, precision: precision)
          algorithm.compute(
            .init(
              problem: problem, input: x, weight: weight, bias: bias, phases: nil, method: .fastest, output: y
            ),
            on: engine)
          return y
        }
        let y = convolved(x.half, .bfloat16), single = convolved(x.single, .float32)
        #expect(y.dense() == rounded(single.dense()) && y.checkBorders(), "\(name)")
        #expect(convolved(x.half, .float32).dense() == single.dense(), "\(name)")

        func gradient(_ dy: Planes, _ dx: Planes, accumulate: Bool) -> Planes {
          algorithm.compute(
            .init(
              problem: problem, outputGradient: dy, weight: weight, accumulate: accumulate, method: .fastest,
              inputGradient: dx), on: engine)
          return dx
        }
        for accumulate in algorithm.inputGradient == nil ? [] : [false, true] {
          let dx = gradient(dy.half, before.half.copy(), accumulate: accumulate)
          let expected = gradient(dy.single, before.single.copy(), accumulate: accumulate)
          #expect(dx.dense() == rounded(expected.dense()) && dx.checkBorders(), "\(name), \(accumulate)")
        }

        func weightGradient(_ x: Planes, _ dy: Planes) -> Tensor {
          var dw = Tensor(shape: problem.weightShape)
          algorithm.compute(
            .init(problem: problem, input: x, outputGradient: dy, phases: nil), into: &dw, on: engine)
          return dw
        }
        let (dw, expected) = (weightGradient(x.half, dy.half), weightGradient(x.single, dy.single))
        // A filter's sums are cut into chunks, which depend on the precision.
        #expect(
          dw == expected || difference(dw.values, expected.values.map(Double.init)) < 1e-6, "\(name)")
      }
    }
  }

  // MARK: Other operations

  private typealias Operation = @Sendable (_ engine: Engine, _ inputs: [Planes], _ output: Planes) -> [Float]

  private static let affine = [ChannelAffine(scale: 0.5, shift: 0.1), ChannelAffine(scale: -2, shift: 0.3)]

  private static func gradient(
    _ engine: Engine, _ inputs: [Planes], _ output: Planes, _ activation: BatchNormActivation,
    writesBack: Bool = false
  ) -> [Float] {
    let statistics = BatchNormStatistics(
      mean: [0.1, -0.2], inverseDeviation: [1.5, 0.5], weight: [0.7, 1.1])
    let sums = engine.batchNormGradient(
      inputs[0], input: inputs[1], statistics, channels: nil, activation: activation, writesBack: writesBack,
      into: output)
    return sums.shift + sums.scale
  }

  /// Of three inputs of a shape: what they write to another, and values that they return.
  private static let operations: [(name: String, run: Operation)] = [
    (
      "add",
      {
        $0.add($1[0], into: $2); return $0.channelSums($1[0])
      }
    ),
    (
      "copy",
      {
        $0.copy($1[0], into: $2); return $0.imageMeans($1[0]).values
      }
    ),
    (
      "select",
      {
        $0.select($1[0], channels: [1, 0], into: $2); return $0.flatten($1[0]).values
      }
    ),
    (
      "concatenate",
      {
        $0.concatenate([$1[0].channels(1..<2), $1[1].channels(0..<1)], into: $2); return []
      }
    ),
    (
      "activate",
      {
        $0.activate($1[0], by: .silu, into: $2); return $0.positiveShares($1[0]).map { Float($0) }
      }
    ),
    (
      "activation's gradient",
      {
        $0.activationGradient($1[0], input: $1[1], by: .hardSwish, accumulate: true, into: $2)
        return []
      }
    ),
    (
      "activation's gradient by channels",
      {
        $0.copy($1[0], into: $2)
        $0.activationGradient($2, output: $1[1], by: .relu, channels: [1])
        return []
      }
    ),
    (
      "multiply",
      {
        $0.multiply($1[0], by: $1[1], into: $2); return []
      }
    ),
    (
      "scale and shift",
      {
        $0.scaleShiftAdd($1[0], by: affine, residual: $1[1], activation: .relu6, into: $2)
        return []
      }
    ),
    (
      "scale and shift some",
      {
        $0.scaleShiftAdd(
          $1[0].channels(0..<1), by: [affine[0]], channels: [1], residual: $1[1], activation: .silu, into: $2)
        return []
      }
    ),
    (
      "batch norm",
      {
        $0.batchNorm($1[0], residual: $1[1], activation: .relu, into: $2) { affine[$0 % 2 == 0 ? 0 : 1] + $1 }
          .flatMap { [Float($0.mean), Float($0.variance)] }
      }
    ),
    ("batch norm's gradient", { gradient($0, $1, $2, .none) }),
    ("batch norm's gradient behind bounds", { gradient($0, $1, $2, .input(affine, of: .relu6)) }),
    ("batch norm's gradient behind a function", { gradient($0, $1, $2, .input(affine, of: .silu)) }),
    ("batch norm's gradient of a sum", { gradient($0, $1, $2, .output($1[2], of: .relu)) }),
    (
      "batch norm's gradient of a sum, written back",
      {
        let dy = $1[0].copy()
        return gradient($0, [dy, $1[1]], $2, .output($1[2], of: .relu), writesBack: true) + dy.dense()
      }
    ),
    (
      "batch norm's gradient by an output",
      { gradient($0, $1, $2, .output($1[2], of: .leakyReLU(slope: 0.1))) }
    ),
    (
      "unflatten",
      {
        $0.unflatten($0.flatten($1[0]), into: $2); return []
      }
    ),
    (
      "max pool",
      {
        var indices: [Int32] = []
        $0.maxPool($1[0], window: 3, stride: 1, padding: 1, into: $2, indices: &indices)
        let dx = Planes($2.shape, precision: $2.precision)
        $0.maxPoolGradient($1[1], indices: indices, window: 3, stride: 1, padding: 1, into: dx)
        return indices.map { Float($0) } + dx.dense()
      }
    ),
    (
      "average pool",
      {
        $0.averagePool($1[0], window: 3, stride: 1, padding: 1, into: $2)
        let dx = Planes($2.shape, precision: $2.precision)
        $0.averagePoolGradient($1[1], window: 3, stride: 1, padding: 1, accumulate: false, into: dx)
        return dx.dense()
      }
    ),
    (
      "gate",
      {
        let gate = Planes(PlaneShape(channels: 2, images: $2.shape.images, rows: 1, columns: 1))
        $0.globalAveragePool($1[0], into: gate)
        $0.multiply($1[1], by: gate, into: $2)
        let sums = Planes(gate.shape)
        $0.gateGradient($1[2], input: $1[1], into: sums)
        return gate.dense() + sums.dense()
      }
    ),
    (
      "global average pool's gradient",
      {
        let dy = Planes(PlaneShape(channels: 2, images: $2.shape.images, rows: 1, columns: 1))
        $0.globalAveragePool($1[0], into: dy)
        $0.globalAveragePoolGradient(dy, accumulate: false, into: $2)
        let range = $0.range(of: $1[0])
        return [range.lowerBound, range.upperBound]
      }
    ),
  ]

  @Test(
    "other operations, too, whatever the precision of each of their planes",
    arguments: [(1, 3, 5), (3, 13, 12), (9, 30, 33), (3, 100, 90)])
  func operations(_ images: Int, _ rows: Int, _ columns: Int) throws {
    let shape = PlaneShape(channels: 2, images: images, rows: rows, columns: columns)
    // Sums over more than a block are joined in parts that depend on the precision.
    let tolerance: Double = images * (rows + 1) * (columns + 1) > CK_SUM_BLOCK ? 1e-6 : 0
    var samples = Samples(5)
    let pairs = (0..<3).map { _ in Pair(shape, &samples) }
    let start = Pair(shape, &samples)
    for engine in try Self.engines.get() {
      for (name, run) in Self.operations {
        let single = start.single.copy()
        let returned = run(engine, pairs.map(\.single), single)
        for mix in 0..<8 {
          let inputs = pairs.enumerated().map { mix >> $0 & 1 == 0 ? $1.half : $1.single }
          let half = start.half.copy()
          let found = run(engine, inputs, half)
          let message: Comment = "\(name), \(engine.kernels), \(mix)"
          #expect(half.checkBorders(), message)
          if tolerance == 0 {
            #expect(half.dense() == rounded(single.dense()), message)
          } else {
            #expect(difference(half.dense(), single.dense().map(Double.init)) < 1.0 / 128, message)
          }
          // What is returned may have been rounded in between, where it is of the output's planes.
          #expect(difference(found, returned.map(Double.init)) < 1.0 / 64, message)
        }
      }
    }
  }

  /// Threads that share the channels which are left over compute them otherwise.
  @Test("a filter with its batch norm computes the same bytes with any number of threads")
  func fused() throws {
    let engines = try [1, 2, 3].map { try Engine(threads: $0) }
    var samples = Samples(6)
    let shape = PlaneShape(channels: 5, images: 4, rows: 40, columns: 31)
    let x = Pair(shape, &samples), dy = Pair(shape, &samples)
    let weight = samples.tensor([5, 1, 3, 3])
    func results(_ engine: Engine, _ x: Planes, _ dy: Planes, _ precision: Precision) -> [[Float]] {
      let (convolved, y, dx) = (
        Planes(shape, precision: precision), Planes(shape, precision: precision),
        Planes(shape, precision: precision)
      )
      let moments = engine.depthwiseBatchNorm(
        x, weight, bias: nil, activation: .relu, into: convolved, y, affine: { Self.affine[$0 % 2] + $1 })
      let statistics = BatchNormStatistics(
        mean: moments.map { Float($0.mean) }, inverseDeviation: [1, 2, 0.5, 1, 1], weight: [1, 1, 2, 1, 1])
      var dw = Tensor(shape: weight.shape)
      let sums = engine.depthwiseBatchNormGradients(
        dy.copy(), convolved: convolved, normalization: statistics, activation: .none, input: x,
        weight: weight, accumulate: false, into: &dw, inputGradient: dx)
      #expect(convolved.checkBorders() && y.checkBorders() && dx.checkBorders())
      return [convolved.dense(), y.dense(), dx.dense(), dw.values, sums.shift, sums.scale]
    }
    let found = engines.map { results($0, x.half, dy.half, .bfloat16) }
    #expect(found[0] == found[1] && found[0] == found[2])
    let expected = results(engines[0], x.single, dy.single, .float32)
    for (found, expected) in zip(found[0], expected) {
      #expect(difference(found, expected.map(Double.init)) < 1.0 / 32)
    }
  }
}

/// A map that depends on the moments, too.
private func + (map: ChannelAffine, moments: ChannelMoments) -> ChannelAffine {
  ChannelAffine(scale: map.scale, shift: map.shift + Float(moments.mean))
}
